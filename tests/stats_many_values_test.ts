import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { breakdown } from "../db/stats/breakdown.ts";
import { firstRows, sumColumns } from "../db/stats/columns.ts";
import { compareBytes, sumRows, visitorParts } from "../db/stats/halves.ts";
import { journeys } from "../db/stats/journeys.ts";
import type { StatsQuery } from "../db/stats/query.ts";
import { eventRow } from "./event_row.ts";
import { segmentsOf } from "./stats_facts.ts";
import { engines } from "./test_database.ts";

const NOON = Date.parse("2026-11-02T12:00:00Z");
const QUERY: StatsQuery = {
  site: "shop",
  timezone: "UTC",
  range: { from: "2026-11-02", to: "2026-11-02" },
  filters: [{ dimension: "page", operator: "is", values: ["/"] }],
};
const PAGES = 3_000;
const PAGES_A_SESSION = 100;

Deno.test("rows of the same name are summed up by their numbers, whatever else they say", () => {
  const row = (name: string, count: number, seconds: number) => ({ name, kind: "page", count, seconds });
  assertEquals(sumRows([row("/", 1, 0.5), row("/a", 2, 0), row("/", 3, 1)], ({ name }) => name), [
    row("/", 4, 1.5),
    row("/a", 2, 0),
  ]);
  assertEquals(sumRows<{ name: string }>([], ({ name }) => name), []);
});

Deno.test("columns of both halves are summed up by value, and the first rows are those that a sort has first", () => {
  const figure = fc.integer({ min: 0, max: 3 });
  const rows = fc.uniqueArray(
    fc.record({ value: fc.option(fc.constantFrom("", "a", "b", "c", "é")), views: figure, sessions: figure }),
    { selector: ({ value }) => value, maxLength: 6 },
  );
  const columnsOf = (rows: { value: string | null; views: number; sessions: number }[]) => ({
    values: rows.map(({ value }) => value),
    figures: { views: rows.map(({ views }) => views), sessions: rows.map(({ sessions }) => sessions) },
  });
  fc.assert(fc.property(rows, rows, fc.nat(8), (a, b, count) => {
    const expected = sumRows([...a, ...b], ({ value }) => JSON.stringify(value)).toSorted((a, b) =>
      b.views - a.views || b.sessions - a.sessions || compareBytes(a.value ?? "", b.value ?? "")
    );
    const sums = sumColumns([columnsOf(a), columnsOf(b)], ["views", "sessions"]);
    assertEquals(firstRows(sums, ["views", "sessions"], count), expected.slice(0, count));
  }));
});

for (const engine of engines()) {
  Deno.test(`texts are in the database's order (${engine.name})`, async () => {
    await using db = await engine.migrated();
    const text = fc.string({ unit: "binary", maxLength: 4 }).filter((text) => !text.includes("\0"));
    const texts = ["", "a", "a\u{ffee}", "a\u{1f600}", "a\u{1f601}", "é", "Z", ...fc.sample(text, 200)];
    const rows = await db.query<{ text: string }>(
      `select text from unnest($1::text[]) as text order by text collate "C"`,
      [texts],
    );
    assertEquals(texts.toSorted(compareBytes), rows.map(({ text }) => text));
  });

  Deno.test(`the first of many values come right, whether they are put together here or by the database (${engine.name})`, async () => {
    await using db = await engine.migrated();
    // A day of several segments, as a day of many sessions is.
    await db.exec(segmentsOf(8));
    const rows = Array.from({ length: PAGES }, (_, i) =>
      ["/", `/${i}`].map((page, k) =>
        eventRow(page, {
          site_id: QUERY.site,
          session_id: `s${Math.floor(i / PAGES_A_SESSION)}`,
          visitor_id: "v",
          timestamp: new Date(NOON + (2 * i + k) * 1000).toISOString(),
        })
      )).flat();
    await db.query("select store_events($1::jsonb, '[]'::jsonb, $2::uuid[])", [
      JSON.stringify(rows),
      rows.map(({ event_id }) => event_id),
    ]);
    await db.query("select process_events(100000)");
    await db.query("select roll_up_stale_days()");
    assertEquals((await visitorParts(db, QUERY)).length, db.connections > 1 ? 2 : 1);

    const sessions = Math.ceil(PAGES / PAGES_A_SESSION);
    for (const most of [PAGES - 1, PAGES + 1]) {
      const options = { limit: 3, visitors: true, mostValues: most };
      const { rows: pages, count, total } = await breakdown(db, QUERY, "page", options);
      assertEquals({ count, total }, {
        count: PAGES + 1,
        total: { sessions, pageviews: 2 * PAGES, events: 0 },
      });
      assertEquals(
        pages.map(({ value, pageviews, sessions, visitors }) => [value, pageviews, sessions, visitors]),
        [["/", PAGES, sessions, 1], ["/0", 1, 1, 1], ["/1", 1, 1, 1]],
      );
      const { views, next, previous } = await journeys(db, QUERY, "/", most);
      assertEquals([views, next.length, next[0], previous[0]], [
        PAGES,
        10,
        { value: "/0", count: 1, share: 1 / PAGES },
        { value: null, count: sessions, share: sessions / PAGES },
      ]);
    }
  });
}
