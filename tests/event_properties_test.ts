import { assertEquals } from "@std/assert";
import { pageview, testApp } from "./fixtures.ts";
import { ask } from "./stats_shop.ts";
import { engines } from "./test_database.ts";

const DAYS = "from=2026-03-10&to=2026-03-11";

function orders(day: string, plan: string, count: number) {
  return Array.from({ length: count }, (_, i) => ({
    eventType: "order",
    siteId: "shop",
    sessionId: `${day} ${i % 2}`,
    visitorId: `${day} ${i % 2}`,
    timestamp: `${day}T12:00:00Z`,
    eventData: { plan, size: "m" },
  }));
}

for (const engine of engines()) {
  Deno.test(`a value that was too rare to be kept on one of the days counts at least (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    // On the first day a hundred plans were ordered more often than this one.
    const others = Array.from({ length: 100 }, (_, i) => orders("2026-03-10", `plan ${i}`, 2)).flat();
    const rare = [...orders("2026-03-10", "rare", 1), ...orders("2026-03-11", "rare", 5)];
    const views = ["2026-03-10", "2026-03-11"].flatMap((day) =>
      [0, 1].map((i) =>
        pageview({
          siteId: "shop",
          sessionId: `${day} ${i}`,
          visitorId: `${day} ${i}`,
          timestamp: `${day}T11:00:00Z`,
        })
      )
    );
    await app.collect([...views, ...others.slice(0, 100)]);
    await app.collect([...others.slice(100), ...rare]);
    await app.etl();
    const get = async (filter: string) => {
      const { properties } = await (await ask(app, `/sites/shop/events/order?${DAYS}${filter}`)).json();
      return properties.map(({ property, values, others }: Record<string, unknown>) => [
        property,
        (values as unknown[])[0],
        others,
      ]);
    };

    assertEquals(await get(""), [
      ["plan", { value: "rare", events: 5, share: 5 / 206, atLeast: true }, 163],
      ["size", { value: "m", events: 206, share: 1 }, 0],
    ]);
    assertEquals(await get("&filter=page:is:/products"), [
      ["plan", { value: "rare", events: 6, share: 6 / 206 }, 162],
      ["size", { value: "m", events: 206, share: 1 }, 0],
    ]);
    const csv = await (await ask(app, `/sites/shop/events/order?${DAYS}`, { accept: "text/csv" })).text();
    assertEquals(csv.split("\r\n").filter((line) => /rare|others|"?size/.test(line)), [
      `plan,rare,5,${5 / 206},true`,
      `plan,(others),1,${1 / 206},false`,
      "size,m,206,1,false",
    ]);
  });
}
