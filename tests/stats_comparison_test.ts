import { assertEquals } from "@std/assert";
import { saveSite } from "../db/site_directory.ts";
import { besideEach, comparedStretch, timeseriesOf } from "../db/stats/stretch.ts";
import { type Interval, timeseries } from "../db/stats/timeseries.ts";
import { Timeseries } from "../routes/stats/timeseries.ts";
import { getPage, texts } from "./dashboard_page.ts";
import { pageview, type TestApp, testApp } from "./fixtures.ts";
import { ask } from "./stats_shop.ts";

/** Some views of the site `shop`, one visitor each, at these moments on its clock. */
async function withViews(timezone: string, moments: string[]): Promise<TestApp> {
  const app = await testApp();
  await saveSite(app.db, { siteId: "shop", timezone });
  await app.collect(moments.map((moment, i) =>
    pageview({
      siteId: "shop",
      sessionId: `s${i}`,
      visitorId: `v${i}`,
      timestamp: Temporal.ZonedDateTime.from(`${moment}[${timezone}]`).toInstant().toString(),
    })
  ));
  await app.etl();
  return app;
}

/** Label and pageviews of each bucket, next to those of the one that it is compared with. */
async function pairs(app: TestApp, parameters: string): Promise<Map<string, (string | number)[] | null>> {
  const answer = await ask(app, `/sites/shop/timeseries?${parameters}`);
  const { buckets, previous } = Timeseries.parse(await answer.json());
  assertEquals(previous!.buckets.length, buckets.length);
  return new Map(buckets.map(({ label }, i) => {
    const beside = previous!.buckets[i]!;
    return [label, beside && [beside.label, beside.pageviews]];
  }));
}

Deno.test("on days on which clocks change each hour is compared with the same time of the day", async () => {
  await using app = await withViews("Europe/Berlin", [
    "2026-03-28T08:10:00",
    "2026-03-29T08:10:00",
    "2026-10-24T08:10:00",
    "2026-10-24T02:10:00",
    "2026-10-25T08:10:00",
  ]);
  const beside = (day: string) => pairs(app, `from=${day}&to=${day}&interval=hour&compare=previous`);

  const spring = await beside("2026-03-29");
  assertEquals([spring.size, spring.get("2026-03-29T08:00")], [23, ["2026-03-28T08:00", 1]]);
  assertEquals(spring.get("2026-03-29T03:00"), ["2026-03-28T03:00", 0]);
  const afterSpring = await beside("2026-03-30");
  assertEquals(afterSpring.get("2026-03-30T08:00"), ["2026-03-29T08:00", 1]);
  assertEquals(afterSpring.get("2026-03-30T02:00"), null);

  const answer = await ask(app, "/sites/shop/timeseries?from=2026-10-25&to=2026-10-25&compare=previous");
  const { buckets, previous } = Timeseries.parse(await answer.json());
  const twice = buckets.flatMap(({ label }, i) => label.endsWith("T02:00") ? previous!.buckets[i]! : []);
  assertEquals(twice.map((bucket) => bucket && [bucket.label, bucket.pageviews]), [
    ["2026-10-24T02:00", 1],
    null,
  ]);
  assertEquals((await beside("2026-10-25")).get("2026-10-25T08:00"), ["2026-10-24T08:00", 1]);
  assertEquals((await beside("2026-10-26")).get("2026-10-26T08:00"), ["2026-10-25T08:00", 1]);
});

Deno.test("where clocks change by half an hour, or at midnight, hours are compared with those of the same name", async () => {
  await using app = await withViews("Australia/Lord_Howe", ["2026-10-03T08:10:00", "2026-10-04T08:40:00"]);
  const half = await pairs(app, "from=2026-10-04&to=2026-10-05&interval=hour&compare=previous");
  assertEquals(half.get("2026-10-04T08:30"), ["2026-10-02T08:00", 0]);
  const day = await pairs(app, "from=2026-10-04&to=2026-10-04&interval=hour&compare=previous");
  assertEquals(day.get("2026-10-04T08:30"), ["2026-10-03T08:00", 1]);
  const after = await pairs(app, "from=2026-10-05&to=2026-10-05&interval=hour&compare=previous");
  assertEquals(after.get("2026-10-05T08:00"), ["2026-10-04T08:30", 1]);

  // 6 September 2026 begins at 01:00 there.
  await saveSite(app.db, { siteId: "shop", timezone: "America/Santiago" });
  const midnight = await pairs(app, "from=2026-09-06&to=2026-09-06&interval=hour&compare=previous");
  assertEquals([midnight.size, [...midnight][0]], [23, ["2026-09-06T01:00", ["2026-09-05T01:00", 0]]]);
});

Deno.test("a year is compared with the same dates of another one, leap days or not", async () => {
  await using app = await withViews("UTC", [
    "2023-03-01T12:00:00",
    "2024-01-01T12:00:00",
    "2024-03-01T12:00:00",
  ]);

  const leapYear = await pairs(app, "from=2024-01-01&to=2024-12-31&interval=day&compare=year");
  assertEquals([...leapYear].slice(58, 61), [
    ["2024-02-28", ["2023-02-28", 0]],
    ["2024-02-29", null],
    ["2024-03-01", ["2023-03-01", 1]],
  ]);
  assertEquals(leapYear.get("2024-12-31"), ["2023-12-31", 0]);
  const yearAfter = await pairs(app, "from=2025-02-27&to=2025-03-02&interval=day&compare=year");
  assertEquals([...yearAfter.values()], [
    ["2024-02-27", 0],
    ["2024-02-28", 0],
    ["2024-03-01", 1],
    ["2024-03-02", 0],
  ]);

  const overview = await (await ask(
    app,
    "/sites/shop/overview?from=2024-01-01&to=2024-12-31&compare=year",
  )).json();
  assertEquals(overview.previous.range, {
    from: "2023-01-01",
    to: "2023-12-31",
    timezone: "UTC",
    until: null,
  });
  assertEquals([overview.current.pageviews, overview.previous.pageviews], [2, 1]);
});

Deno.test("weeks are compared with whole weeks, and months with whole months", async () => {
  await using app = await withViews("UTC", []);
  // From a Wednesday on.
  const weeks = await pairs(app, "from=2026-09-02&to=2026-09-24&interval=week&compare=previous");
  assertEquals([...weeks], [
    ["2026-09-02", ["2026-08-05", 0]],
    ["2026-09-07", ["2026-08-10", 0]],
    ["2026-09-14", ["2026-08-17", 0]],
    ["2026-09-21", ["2026-08-24", 0]],
  ]);
  const months = await pairs(app, "from=2026-02-10&to=2026-03-31&interval=month&compare=previous");
  assertEquals([...months], [["2026-02-10", ["2025-12-10", 0]], ["2026-03-01", ["2026-01-01", 0]]]);
});

Deno.test("what is less than a whole interval says so", async () => {
  await using app = await withViews("Europe/Berlin", [
    "2026-09-17T12:00:00",
    "2026-09-24T09:00:00",
    "2026-09-24T12:00:00",
  ]);
  // A Friday afternoon, and a range from a Wednesday to that Sunday.
  const now = new Date("2026-09-25T11:00:00Z");
  const query = {
    site: "shop",
    timezone: "Europe/Berlin",
    range: { from: "2026-09-09", to: "2026-09-27" },
    filters: [],
  };
  const partial = async (interval: Interval) => {
    const stretch = comparedStretch(query, "previous", now, { interval })!;
    const buckets = await timeseries(app.db, query, interval, now);
    const beside = besideEach(buckets, await timeseriesOf(app.db, query, stretch, interval, now), stretch);
    return buckets.map(({ label, partial }, i) => [label, partial, beside[i]!.label, beside[i]!.partial]);
  };

  assertEquals(await partial("week"), [
    ["2026-09-09", true, "2026-08-19", true],
    ["2026-09-14", false, "2026-08-24", false],
    ["2026-09-21", true, "2026-08-31", true],
  ]);
  assertEquals(await partial("month"), [["2026-09-09", true, "2026-08-09", true]]);
  assertEquals((await partial("day")).slice(14), [
    ["2026-09-23", false, "2026-09-04", false],
    ["2026-09-24", false, "2026-09-05", false],
    ["2026-09-25", true, "2026-09-06", true],
    ["2026-09-26", true, "2026-09-07", false],
    ["2026-09-27", true, "2026-09-08", false],
  ]);
  const hours = await timeseries(app.db, query, "hour", now);
  assertEquals(hours.find(({ partial }) => partial)?.label, "2026-09-25T13:00");

  const csv = await ask(app, "/sites/shop/timeseries?from=2026-09-09&to=2026-09-24&interval=week", {
    accept: "text/csv",
  });
  assertEquals((await csv.text()).split("\r\n").map((line) => line.split(",").at(-1)), [
    "partial",
    "true",
    "false",
    "true",
    "",
  ]);
});

Deno.test("the weeks of retention that are partial are in italics", async () => {
  await using app = await withViews("UTC", ["2026-03-05T12:00:00", "2026-03-10T12:00:00"]);
  const weeks = async (range: string) => {
    const { html } = await getPage(app, `/dashboard/shop/retention?${range}`);
    return [...html.matchAll(/<t[hd][^>]* class="([^"]*)"/g)].map(([, kind]) => kind);
  };
  assertEquals(await weeks("from=2026-03-04&to=2026-03-17"), [
    "partial",
    "heat-0 partial",
    "heat-0",
    "heat-0 partial",
    "heat-0",
    "heat-0 partial",
    "partial",
  ]);
  assertEquals(await weeks("from=2026-03-02&to=2026-03-15"), ["heat-0", "heat-0", "heat-0"]);
});

Deno.test("the dashboard's chart marks what is partial, and what it is compared with", async () => {
  await using app = await withViews("UTC", ["2026-03-05T12:00:00"]);
  const { html } = await getPage(app, "/dashboard/shop?from=2026-03-04&to=2026-03-20&interval=week");
  const [, table] = /<table id="series-table">(.*?)<\/table>/s.exec(html)!;
  assertEquals(texts(table!, /<t[hd][^>]*>(.*?)<\/t[hd]>/gs).slice(4), [
    "Week of 4 Mar 2026 (partial)",
    "1",
    "0",
    "Week of 11 Feb 2026 (partial)",
    "Week of 9 Mar 2026",
    "0",
    "0",
    "Week of 16 Feb 2026",
    "Week of 16 Mar 2026 (partial)",
    "0",
    "0",
    "Week of 23 Feb 2026 (partial)",
  ]);
  const leap = await getPage(app, "/dashboard/shop?from=2024-02-28&to=2024-03-01&compare=year&interval=day");
  const [, days] = /<table id="series-table">(.*?)<\/table>/s.exec(leap.html)!;
  assertEquals(texts(days!, /<td class="soft">(.*?)<\/td>/gs), [
    "Tue, 28 Feb 2023",
    "",
    "Wed, 1 Mar 2023",
  ]);
});
