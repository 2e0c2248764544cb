import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Database } from "../db/database.ts";
import { migrate, migrateDown } from "../db/migrate.ts";
import { breakdown } from "../db/stats/breakdown.ts";
import { funnel, FUNNEL_UNITS } from "../db/stats/funnel.ts";
import { visitorParts } from "../db/stats/halves.ts";
import { medianOfLists, type MiddleOfList } from "../db/stats/median.ts";
import { Params, type StatsQuery } from "../db/stats/query.ts";
import { retention } from "../db/stats/retention.ts";
import { chosenSegments } from "../db/stats/segments.ts";
import { eventRow } from "./event_row.ts";
import { readFacts, segmentsOf } from "./stats_facts.ts";
import { referenceBreakdown, referenceFunnel, referenceRetention } from "./stats_reference.ts";
import { engines } from "./test_database.ts";

const SITE = "shop";
const NOON = Date.parse("2026-11-02T12:00:00Z");
const DAY = 86_400_000;
const QUERY: StatsQuery = {
  site: SITE,
  timezone: "UTC",
  range: { from: "2026-11-01", to: "2026-11-30" },
  filters: [{ dimension: "page", operator: "is", values: ["/"] }],
};
const LIST = { limit: 10, offset: 0, search: "", visitors: true };
const STEPS = [{ page: "/" }, { page: "/pricing" }];

const known = (count: number, before: number, numbers: number[]): MiddleOfList => ({
  count,
  before,
  numbers,
});

Deno.test("the middles of lists tell the median of all, or that they do not know it", () => {
  const cases: [MiddleOfList[], number | null | undefined][] = [
    [[known(0, 0, []), known(0, 0, [])], null],
    [[known(1, 0, [7]), known(0, 0, [])], 7],
    [[known(2, 0, [1, 9]), known(1, 0, [3])], 3],
    [[known(2, 0, [1, 9]), known(2, 0, [3, 4])], 3.5],
    // 1 2 3 4 5 | 2 3 4 5 6, of which the outer two each are not known.
    [[known(5, 1, [2, 3, 4]), known(5, 1, [3, 4, 5])], 3.5],
    [[known(5, 2, [3]), known(5, 2, [3])], 3],
    // Others may lie between them.
    [[known(5, 2, [3]), known(5, 2, [40])], undefined],
    [[known(5, 1, [1, 1, 1]), known(5, 1, [9, 9, 9])], undefined],
    // One list is all before the other.
    [[known(5, 0, [1, 1, 1, 1, 1]), known(5, 0, [9, 9, 9, 9, 9])], 5],
    [[known(9, 4, [5]), known(1, 0, [100])], undefined],
  ];
  for (const [lists, median] of cases) assertEquals([lists, medianOfLists(lists)], [lists, median]);
});

Deno.test("what the middles tell is the median, whatever the lists", () => {
  const list = fc.record({
    numbers: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 12 }),
    hidden: fc.integer({ min: 0, max: 6 }),
  });
  fc.assert(fc.property(list, list, (...lists) => {
    const middles = lists.map(({ numbers, hidden }) => {
      const sorted = numbers.toSorted((a, b) => a - b);
      const before = Math.min(hidden, Math.floor((sorted.length - 1) / 2));
      return sorted.length === 0
        ? known(0, 0, [])
        : known(sorted.length, before, sorted.slice(before, sorted.length - before));
    });
    const all = lists.flatMap(({ numbers }) => numbers).sort((a, b) => a - b);
    const middle = (all.length - 1) / 2;
    const median = all.length === 0 ? null : (all[Math.floor(middle)]! + all[Math.ceil(middle)]!) / 2;
    assertEquals([median, undefined].includes(medianOfLists(middles)), true);
    if (middles.every(({ before }) => before === 0)) assertEquals(medianOfLists(middles), median);
  }));
});

/** Visits of `visitors` on some days; those whose hash is odd take a hundred times as long from the first page to the second. */
async function visit(db: Database, visitors: number, daysOf: (i: number) => number[]): Promise<void> {
  const hashes = await db.query<{ name: string; odd: number }>(
    "select 'v' || i as name, visitor_hash('v' || i) & 1 as odd from generate_series(1, $1::integer) as i",
    [visitors],
  );
  const rows = hashes.flatMap(({ name, odd }, i) =>
    daysOf(i).flatMap((day) =>
      STEPS.map(({ page }, step) =>
        eventRow(page, {
          site_id: SITE,
          session_id: `${name}-${day}`,
          visitor_id: name,
          timestamp: new Date(NOON + day * DAY + (i + step * (odd === 1 ? 100 : 1)) * 1000).toISOString(),
        })
      )
    )
  );
  await db.query("select store_events($1::jsonb, '[]'::jsonb, $2::uuid[])", [
    JSON.stringify(rows),
    rows.map(({ event_id }) => event_id),
  ]);
  await db.query("select process_events(100000)");
  await db.query("select roll_up_stale_days()");
}

for (const engine of engines()) {
  Deno.test(`a funnel's median is exact where one half of the visitors is faster than the other (${engine.name})`, async () => {
    await using db = await engine.migrated();
    await db.exec(segmentsOf(8));
    await visit(db, 400, () => [0]);
    assertEquals((await visitorParts(db, QUERY)).length, db.connections > 1 ? 2 : 1);
    const facts = await readFacts(db, SITE, "UTC");
    for (const by of FUNNEL_UNITS) {
      const rows = await funnel(db, QUERY, STEPS, by);
      assertEquals(rows, referenceFunnel(facts, QUERY, STEPS, by));
    }
  });

  Deno.test(`bits that are stored packed are unpacked once a segment (${engine.name})`, async () => {
    await using db = await engine.migrated();
    await visit(db, 40, (i) => [i % 3]);
    // What is all alike is packed where its row is long; a copy keeps it so.
    await db.exec(`
      create temporary table alike (odd bit varying, even bit varying, filler text) with (toast_tuple_target = 128);
      insert into alike values (repeat('1', 4096)::bit varying, repeat('0', 4096)::bit varying, repeat('x', 4096));
      update session_segments set sessions = 4096, odd = case when extract(day from day)::integer % 2 = 0 then alike.odd else even end from alike`);
    const params = new Params();
    const masks = (half: 0 | 1) =>
      `with ${chosenSegments({ ...QUERY, filters: [], half }, params)} select mask from chosen`;
    const [packed] = await db.query(
      `select bool_and(pg_column_compression(odd) is not null) as stored,
         (select bool_or(pg_column_compression(mask) is not null) from (${masks(0)}) even) as even,
         (select bool_or(pg_column_compression(mask) is not null) from (${masks(1)}) odd) as odd
       from session_segments`,
      params.values,
    );
    assertEquals(packed, { stored: true, even: false, odd: false });
  });

  Deno.test(`a migration changes no answer, before a day is rolled up again, however sessions were numbered (${engine.name})`, async () => {
    await using db = await engine.migrated();
    await visit(db, 40, (i) => [i % 3, i % 7 + 3, 12]);
    const facts = await readFacts(db, SITE, "UTC");
    const expected = [
      referenceRetention(facts, QUERY),
      referenceFunnel(facts, QUERY, STEPS, "visitor"),
      referenceBreakdown(facts, QUERY, "page", LIST),
    ];
    const ask = async () => [
      await retention(db, QUERY),
      await funnel(db, QUERY, STEPS, "visitor"),
      await breakdown(db, QUERY, "page", LIST),
    ];
    // Rows as text: arrays with what the driver has no type for.
    const packed = async () => {
      const tables = ["session_segments", "session_visitors", "session_counts", "session_values"];
      return await Promise.all(
        tables.map((table) => db.query(`select t::text as row from ${table} t order by t::text collate "C"`)),
      );
    };
    const rows = await packed();
    assertEquals(rows.map(({ length }) => length > 10), [true, true, true, true]);
    assertEquals(await ask(), expected);
    for (const steps of [1, 2, 3]) {
      await migrateDown(db, steps);
      await migrate(db);
      assertEquals(await ask(), expected);
      assertEquals(await packed(), rows);
    }
    // Segments that hold few sessions, and a day in several.
    await db.exec(segmentsOf(8));
    assertEquals((await db.query("select roll_up_stale_days(5)")).length, 1);
    const [left] = await db.query<{ days: number }>("select count(*) as days from stale_days");
    assertEquals(left!.days > 0, true);
    assertEquals(await ask(), expected);
  });

  Deno.test(`who came first on a day that arrives later, or is erased, moves to another week (${engine.name})`, async () => {
    await using db = await engine.migrated();
    await visit(db, 10, () => [14]);
    await visit(db, 5, () => [0]);
    await db.query("select erase_visitor('v1')");
    const facts = await readFacts(db, SITE, "UTC");
    assertEquals(await retention(db, QUERY), referenceRetention(facts, QUERY));
    await db.query("delete from user_sessions where session_id = 'v2-0'");
    await db.query("delete from pageviews where session_id = 'v2-0'");
    await db.query(
      "insert into stale_days (site_id, metric_date, marked_at) values ($1, '2026-11-02', now())",
      [SITE],
    );
    await db.query("select roll_up_stale_days()");
    assertEquals(await retention(db, QUERY), referenceRetention(await readFacts(db, SITE, "UTC"), QUERY));
    assertEquals(
      (await retention(db, QUERY)).map(({ week, visitors }) => [week, visitors]),
      [["2026-10-26", 0], ["2026-11-02", 3], ["2026-11-09", 0], ["2026-11-16", 6], ["2026-11-23", 0], [
        "2026-11-30",
        0,
      ]],
    );
  });
}
