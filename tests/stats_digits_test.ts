import { assertEquals } from "@std/assert";
import type { Database } from "../db/database.ts";
import { breakdown } from "../db/stats/breakdown.ts";
import { eventProperties } from "../db/stats/event_properties.ts";
import { forms } from "../db/stats/forms.ts";
import { addGoal, goals } from "../db/stats/goals.ts";
import { overview } from "../db/stats/overview.ts";
import { DIMENSIONS, type Filter, type StatsQuery } from "../db/stats/query.ts";
import { revenue } from "../db/stats/revenue.ts";
import { scroll } from "../db/stats/scroll.ts";
import { runAllJobs } from "../etl/run.ts";
import { fillDatabase } from "../traffic/fill.ts";
import { engines } from "./test_database.ts";

const SITE = "shop";
const QUERY: StatsQuery = {
  site: SITE,
  timezone: "UTC",
  // All of the traffic, and a day more at both ends: sessions that go on past midnight count alike, then.
  range: { from: "2026-11-14", to: "2026-11-21" },
  filters: [],
};
// Every session fits each of these: the one leaves all bits set, the other comes from values.
const FITS_ALL: Filter[] = [
  { dimension: "country", operator: "is_not", values: ["nowhere"] },
  { dimension: "source", operator: "contains", values: [""] },
];

/** What is counted by the digits of values and segments with a filter, and rolled up without. */
async function askAll(db: Database, query: StatsQuery): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {
    overview: await overview(db, query),
    scroll: await scroll(db, query),
    forms: await forms(db, query),
    goals: await goals(db, query),
    revenue: await revenue(db, query),
  };
  for (const name of ["click", "form_submit"]) {
    answers[`events/${name}`] = await eventProperties(db, query, name);
  }
  for (const dimension of DIMENSIONS) {
    answers[dimension] = await breakdown(db, query, dimension, { limit: 1000 });
  }
  return answers;
}

for (const engine of engines()) {
  Deno.test(`a filter that every session fits changes no answer, whether values are frequent or rare (${engine.name})`, async () => {
    await using db = await engine.migrated();
    // Several segments a day, with values that share rows and values that do not.
    await db.exec(`
      create or replace function segment_size() returns integer language sql immutable as 'select 16';
      create or replace function is_rare(sessions bigint, of_all bigint) returns boolean language sql immutable as 'select sessions < 4'`);
    await fillDatabase(db, {
      siteId: SITE,
      events: engine.embedded ? 600 : 3_000,
      days: 5,
      seed: 7,
      until: new Date("2026-11-20T10:30:00Z"),
      ipMode: "truncate",
    });
    const runs = await runAllJobs({
      db,
      retentionDays: 36_500,
      signal: new AbortController().signal,
      whenBusy: "wait",
    });
    assertEquals(runs.filter(({ error }) => error !== undefined), []);
    await addGoal(db, SITE, { name: "Start", page: "/" });
    await addGoal(db, SITE, { name: "Submit", event: "form_submit" });
    const [kinds] = await db.query(
      `select bool_or(value is null) as shared, bool_or(repeats is not null) as repeated, bool_or(cardinality(seconds) > 1) as timed,
         bool_or(dimension = 'page' and 0 = any(array(select step >> 14 from unnest(steps) as step))) as untimed
       from session_values`,
    );
    assertEquals(kinds, { shared: true, repeated: true, timed: true, untimed: true });

    // The visitors of a few values are counted one value after the other, those of many at once.
    const [few, all] = await Promise.all(
      [10, 1000].map((limit) => breakdown(db, QUERY, "page", { limit, visitors: true })),
    );
    assertEquals(all!.rows.length > 10, true);
    assertEquals(few!.rows, all!.rows.slice(0, 10));

    const expected = await askAll(db, QUERY);
    for (const filter of FITS_ALL) {
      assertEquals(await askAll(db, { ...QUERY, filters: [filter] }), expected);
    }
  });
}
