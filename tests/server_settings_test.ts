import { assertEquals } from "@std/assert";
import { saveSite } from "../db/site_directory.ts";
import { ADMIN_TOKEN, pageview, testApp } from "./fixtures.ts";
import { ask } from "./stats_shop.ts";
import { oddEngines } from "./test_database.ts";

const CAMPAIGNS = ["LINKEDIN", "linkedin", "FRÜHLING", "frühling"];
// 6 September 2026 has no midnight in Chile.
const HOURS = Array.from({ length: 28 }, (_, i) => new Date(Date.UTC(2026, 8, 5, 22 + i, 30)).toISOString());

for (const engine of await oddEngines()) {
  Deno.test(`hours, days, cases and share links are right on ${engine.name}`, async () => {
    await using app = await testApp({ engine, own: true });
    await saveSite(app.db, { siteId: "shop", timezone: "UTC" });
    await app.collect(HOURS.map((timestamp, i) =>
      pageview({
        siteId: "shop",
        timestamp,
        sessionId: `s${i}`,
        visitorId: `v${i}`,
        attribution: { utmParams: { utm_source: CAMPAIGNS[i % 4] }, referrerType: "direct" },
      })
    ));
    await app.etl();
    const get = async (path: string) =>
      await (await ask(app, `/sites/shop/${path}from=2026-09-05&to=2026-09-07`)).json();
    const sessions = ({ buckets }: { buckets: { sessions: number }[] }) =>
      buckets.map(({ sessions }) => sessions).filter((count) => count > 0);

    assertEquals(sessions(await get("timeseries?interval=hour&")), HOURS.map(() => 1));
    assertEquals(sessions(await get("timeseries?interval=day&")), [2, 24, 2]);
    const { rows } = await get("breakdown/utm_source?");
    assertEquals(rows.map(({ value, sessions }: Record<string, unknown>) => [value, sessions]), [
      ["frühling", 14],
      ["linkedin", 14],
    ]);

    await app.rows("truncate daily_site_metrics");
    await app.db.transaction(async (tx) => {
      await tx.exec(engine.settings);
      await tx.query("call calculate_daily_metrics('2026-09-05', '2026-09-07')");
    });
    assertEquals(await app.rows("select metric_date, total_sessions from daily_site_metrics order by 1"), [
      { metric_date: "2026-09-05", total_sessions: 2 },
      { metric_date: "2026-09-06", total_sessions: 24 },
      { metric_date: "2026-09-07", total_sessions: 2 },
    ]);

    const link = await app.request("/api/v1/sites/shop/share-links", {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      body: "{}",
    });
    const opened = await app.request(new URL((await link.json()).url).pathname);
    const cookie = opened.headers.getSetCookie()[0]!.split(";")[0]!;
    const shown = await app.request("/dashboard/shop", { headers: { cookie } });
    assertEquals([opened.status, shown.status, (await shown.text()).includes("shop")], [303, 200, true]);
  });
}
