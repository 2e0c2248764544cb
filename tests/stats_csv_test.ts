import { assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "@std/csv/parse";
import { cookiesOf } from "./access_roles.ts";
import { getPage, unescapeHtml } from "./dashboard_page.ts";
import { DAY, visit, withVisits } from "./dashboard_visits.ts";
import { ADMIN_TOKEN, at, pageview, type TestApp, testApp } from "./fixtures.ts";
import { ask, DAYS, visitShop } from "./stats_shop.ts";
import { engines, type TestEngine } from "./test_database.ts";

const RANGE = "from=2026-03-10&to=2026-03-10";
// More than one batch.
const PAGES = 2_100;

/** `PAGES` pages of the site `shop`: /p0 has two views and the others one, by three visitors. */
async function manyPages(engine?: TestEngine): Promise<TestApp> {
  const app = await testApp({ engine });
  const views = Array.from({ length: PAGES }, (_, i) => i).concat(0).map((page, i) =>
    pageview({
      siteId: "shop",
      sessionId: `s${i % 3}`,
      visitorId: `v${i % 3}`,
      timestamp: at(i),
      path: `/p${page}`,
      url: `https://shop.test/p${page}`,
    })
  );
  for (let i = 0; i < views.length; i += 300) await app.collect(views.slice(i, i + 300));
  await app.etl();
  return app;
}

async function csv(app: TestApp, path: string): Promise<{ rows: string[][]; headers: Headers }> {
  const answer = await ask(app, path, { accept: "text/csv" });
  assertEquals([path, answer.status], [path, 200]);
  return { rows: parse(await answer.text()), headers: answer.headers };
}

function download(app: TestApp, link: string, headers: Record<string, string> = {}): Promise<Response> {
  return app.request(link, { headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...headers } });
}

/** The text with its byte order mark, which `text()` drops. */
async function textWithMark(response: Response): Promise<string> {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await response.arrayBuffer());
}

for (const engine of engines()) {
  Deno.test(`a CSV without a limit has every value, with filters and without (${engine.name})`, async () => {
    await using app = await manyPages(engine);
    const filters = ["", "&filter=device:is_not:tablet"];

    for (const filter of filters) {
      for (const list of ["breakdown/page?visitors=true&", "scroll?"]) {
        const { rows } = await csv(app, `/sites/shop/${list}${RANGE}${filter}`);
        assertEquals([list, filter, rows.length, new Set(rows.map(([value]) => value)).size], [
          list,
          filter,
          PAGES + 1,
          PAGES + 1,
        ]);
        assertEquals(rows[1]![0], "/p0");
      }
      const { rows } = await csv(app, `/sites/shop/breakdown/page?visitors=true&${RANGE}${filter}`);
      assertEquals(rows[0]!.slice(0, 3).concat(rows[0]![6]!), ["value", "sessions", "pageviews", "visitors"]);
      assertEquals(rows[1]!.slice(0, 3).concat(rows[1]![6]!), ["/p0", "1", "2", "1"]);
      const found = await csv(app, `/sites/shop/breakdown/page?search=P209&${RANGE}${filter}`);
      assertEquals(found.rows.slice(1).map(([value]) => value), [
        "/p209",
        ...Array.from({ length: 10 }, (_, i) => `/p209${i}`),
      ]);
      const steps = await csv(app, `/sites/shop/journeys?page=/p0&${RANGE}${filter}`);
      assertEquals(steps.rows.length, 5);
    }

    const broken = await ask(app, `/sites/shop/breakdown/page?${RANGE}`, { accept: "text/csv" });
    await broken.body!.cancel();
    assertEquals((await csv(app, `/sites/shop/breakdown/page?${RANGE}`)).rows.length, PAGES + 1);
  });
}

Deno.test("a CSV with a limit sums up the values that it leaves out", async () => {
  await using app = await manyPages();
  const { rows, headers } = await csv(app, `/sites/shop/breakdown/page?limit=2&${RANGE}`);
  assertEquals(headers.get("x-total-count"), String(PAGES));
  assertEquals(rows.map((row) => row.slice(0, 5)), [
    ["value", "sessions", "pageviews", "events", "bounceRate"],
    ["/p0", "1", "2", "0", ""],
    ["/p1", "1", "1", "0", ""],
    ["(others)", "", String(PAGES - 2), "0", ""],
  ]);
  const second = await csv(app, `/sites/shop/breakdown/page?limit=2&page=1050&${RANGE}`);
  assertEquals(second.rows.length, 4);
  const scroll = await csv(app, `/sites/shop/scroll?limit=1&${RANGE}`);
  assertEquals(scroll.rows.slice(1), [
    ["/p0", "2", "0", "0", "0", "0"],
    ["(others)", String(PAGES - 1), "0", "0", "0", "0"],
  ]);
  const json = await (await ask(app, `/sites/shop/breakdown/page?limit=2&${RANGE}`)).json();
  assertEquals([json.rows.length, json.others, json.count], [2, null, PAGES]);
});

Deno.test("the others of a session's dimension have all figures, and there are none where nothing is left out", async () => {
  await using app = await testApp();
  await visitShop(app);
  const { rows } = await csv(app, `/sites/shop/breakdown/utm_source?limit=1&visitors=true&${DAYS}`);
  assertEquals(rows, [
    ["value", "sessions", "pageviews", "events", "bounceRate", "seconds", "visitors", "engagedSeconds"],
    ["", "1", "2", "0", "0", "20", "1", ""],
    ["(others)", "2", "3", "6", "0.5", "25", "", ""],
  ]);
  const all = await csv(app, `/sites/shop/breakdown/utm_source?limit=3&${DAYS}`);
  assertEquals(all.rows.length, 4);
});

Deno.test("the CSV of an event has every value of its properties", async () => {
  await using app = await testApp();
  const order = (i: number) => ({
    ...pageview({ siteId: "shop", sessionId: "s", visitorId: "v", timestamp: at(i) }),
    eventType: "order",
    eventData: { id: `o${i}`, plan: "pro" },
  });
  await app.collect(Array.from({ length: 30 }, (_, i) => order(i)));
  await app.etl();
  for (const filter of ["", "&filter=event:is:order"]) {
    const { rows } = await csv(app, `/sites/shop/events/order?${RANGE}${filter}`);
    assertEquals(rows.length, 1 + 30 + 1);
    assertEquals(rows.find(([property]) => property === "plan"), ["plan", "pro", "30", "1", "false"]);
    assertEquals(new Set(rows.flatMap(([property, value]) => property === "id" ? [value] : [])).size, 30);
  }
});

Deno.test("a download of the dashboard is what Excel opens by a double click", async () => {
  await using app = await withVisits();
  const { links } = await getPage(app, `/dashboard/shop/entry?${DAY}&filter=country:is:DE|FR&search=/`);
  const link = links.find((href) => href.startsWith("/api/"))!;
  assertStringIncludes(link, "format=excel");
  const open = async (language: string) => {
    const response = await download(app, link, { "accept-language": language });
    assertEquals(response.headers.get("content-type"), "text/csv; charset=utf-8; header=present");
    return await textWithMark(response);
  };

  const english = await open("en-GB,en;q=0.9,de;q=0.8");
  const german = await open("de-DE,de;q=0.9,en;q=0.8");
  assertEquals(english.slice(0, 7), "\ufeffvalue,");
  assertEquals(german.slice(0, 7), "\ufeffvalue;");
  assertStringIncludes(german, "0,");
  assertEquals(german.replaceAll(",", ".").replaceAll(";", ","), english);
  for (const language of ["*", "", ";", "x".repeat(10_000), "zz-ZZ", "en-" + "a-".repeat(5_000)]) {
    assertEquals([language, (await open(language)).slice(0, 7)], [language, "\ufeffvalue,"]);
  }
  const plain = await ask(app, `/sites/shop/breakdown/entry?${DAY}`, {
    accept: "text/csv",
    "accept-language": "de",
  });
  assertEquals((await plain.text()).slice(0, 6), "value,");
});

Deno.test("every page with figures offers them as a file", async () => {
  await using app = await withVisits();
  await app.collect({
    ...visit("a", "/", { timestamp: at(5) }),
    eventType: "sign up/1",
    eventData: { plan: "pro" },
  });
  await app.etl();
  const pages: [path: string, file: string][] = [
    [`?${DAY}`, "timeseries"],
    [`?${DAY}&interval=hour&filter=page:is:/`, "timeseries"],
    [`/page?${DAY}`, "page"],
    [`/country?${DAY}`, "country"],
    [`/funnel?${DAY}&step=/&step=event:sign up/1&by=visitor`, "funnel"],
    [`/journeys?${DAY}&path=/`, "journeys"],
    [`/retention?${DAY}`, "retention"],
    [`/events?${DAY}&name=sign%20up/1`, "events"],
    [`/forms?${DAY}`, "forms"],
    [`/scroll?${DAY}`, "scroll"],
    [`/goals?${DAY}`, "goals"],
  ];
  for (const [path, file] of pages) {
    const { links } = await getPage(app, `/dashboard/shop${path}`);
    const link = links.find((href) => href.startsWith("/api/"));
    const response = await download(app, link ?? "/none");
    assertEquals([path, response.status], [path, 200]);
    assertStringIncludes(response.headers.get("content-disposition")!, `"shop-${file}-`);
    assertEquals([path, (await textWithMark(response)).charCodeAt(0)], [path, 0xfeff]);
  }
});

Deno.test("a share link offers downloads, and an embedded one does not", async () => {
  await using app = await withVisits();
  const share = async (fields: object) => {
    const response = await app.request("/api/v1/sites/shop/share-links", {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      body: JSON.stringify(fields),
    });
    return new URL((await response.json()).url).pathname;
  };
  const cookie = cookiesOf(await app.request(await share({})));
  const links = async (path: string, headers: Record<string, string>) =>
    [...(await (await app.request(path, { headers })).text()).matchAll(/href="(\/api\/[^"]*)"/g)]
      .map(([, href]) => unescapeHtml(href!));

  const [link] = await links(`/dashboard/shop/page?${DAY}`, { cookie });
  const response = await app.request(link!, { headers: { cookie } });
  assertEquals([response.status, (await response.text()).split("\r\n").length], [200, 4]);
  const elsewhere = await app.request(link!.replace("/shop/", "/other/"), { headers: { cookie } });
  assertEquals(elsewhere.status, 401);
  const embedded = await share({ embedOrigins: ["https://www.example.com"] });
  assertEquals(await links(`${embedded}?${DAY}`, {}), []);
});
