import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { migrateDown } from "../db/migrate.ts";
import { saveSite } from "../db/site_directory.ts";
import { eventRow } from "./event_row.ts";
import { engines, type TestDatabase } from "./test_database.ts";

const RUNS = { embedded: 2, server: 10 };
const HOUR_MS = 3_600_000;

const visit = fc.record({
  site: fc.constantFrom("near", "far", "unregistered"),
  session: fc.integer({ min: 1, max: 8 }),
  visitor: fc.integer({ min: 1, max: 5 }),
  hoursAgo: fc.oneof(
    fc.double({ min: 0, max: 32 * 24, noNaN: true }),
    fc.double({ min: 0, max: 48, noNaN: true }),
  ),
  views: fc.array(
    fc.record({
      hours: fc.oneof(
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        fc.double({ min: 0, max: 80, noNaN: true }),
      ),
      path: fc.constantFrom("/", "/a", "/b"),
      source: fc.constantFrom("search", "social", null),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  batch: fc.integer({ min: 0, max: 2 }),
});
const scenario = fc.record({
  zone: fc.constantFrom("Europe/Berlin", "Asia/Kolkata", "UTC"),
  visits: fc.array(visit, { minLength: 1, maxLength: 25 }),
  /** After which batches the daily metrics run: what comes later is stale. */
  rollUps: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** The views as the schema document has them: over the facts alone. */
const VIEWS = {
  page_performance: `
    select site_id, path, count(*) as total_views, avg(time_on_page_seconds) as avg_time_on_page,
      count(distinct session_id) as unique_sessions,
      sum(case when time_on_page_seconds < 10 then 1 else 0 end)::decimal / count(*) as bounce_rate
    from pageviews where view_timestamp > now() - interval '30 days' group by site_id, path`,
  traffic_sources: `
    select site_id, referrer_type, count(distinct session_id) as sessions, count(distinct visitor_id) as unique_visitors,
      avg(duration_seconds) as avg_session_duration, avg(pageview_count) as avg_pages_per_session
    from user_sessions where session_start > now() - interval '30 days' group by site_id, referrer_type`,
};

async function load(db: TestDatabase, { zone, visits, rollUps }: Scenario): Promise<void> {
  await db.exec(
    `truncate events_log, user_sessions, pageviews, user_events, form_submissions, daily_site_metrics, stale_days, sites,
       session_rows, dictionary, visitor_days, visitor_returns, visitor_cohorts`,
  );
  await saveSite(db, { siteId: "near", timezone: zone });
  await saveSite(db, { siteId: "far", timezone: "Asia/Kolkata" });
  const now = Date.now();
  for (const [batch, rollsUp] of rollUps.entries()) {
    const rows = visits.filter((visit) => visit.batch === batch).flatMap((visit) =>
      visit.views.map(({ hours, path, source }) =>
        eventRow(path, {
          site_id: visit.site,
          session_id: `s${visit.session}`,
          visitor_id: `v${visit.visitor}`,
          timestamp: new Date(Math.min(now - (visit.hoursAgo - hours) * HOUR_MS, now)).toISOString(),
          raw_event_data: { attribution: { referrerType: source } },
        })
      )
    );
    await db.query("select store_events($1::jsonb, '[]'::jsonb, $2::uuid[])", [
      JSON.stringify(rows),
      rows.map(({ event_id }) => event_id),
    ]);
    await db.query("select process_events(1000)");
    if (rollsUp) await db.query("select roll_up_stale_days()");
  }
}

for (const engine of engines()) {
  Deno.test(`page_performance and traffic_sources say what the facts say, whatever is rolled up (${engine.name})`, async () => {
    await using db = await engine.migrated();
    await db.exec(
      "create or replace function is_rare(sessions bigint, of_all bigint) returns boolean language sql immutable as 'select sessions < 2'",
    );
    const property = fc.asyncProperty(scenario, async (scenario) => {
      await load(db, scenario);
      for (const [view, definition] of Object.entries(VIEWS)) {
        // In one transaction, so that both ask at the same moment.
        const [found, expected] = await db.transaction(async (tx) => {
          const rows = (from: string) => tx.query(`select * from ${from} answer order by 1, 2 nulls first`);
          return [await rows(view), await rows(`(${definition})`)];
        });
        assertEquals({ view, rows: found }, { view, rows: expected });
      }
    });
    await fc.assert(property, { numRuns: engine.embedded ? RUNS.embedded : RUNS.server });
  });

  Deno.test(`the views of the former version come back with it (${engine.name})`, async () => {
    await using db = await engine.migrated();
    const columns = () =>
      db.query(
        `select table_name, column_name, data_type, character_maximum_length from information_schema.columns
         where table_name in ('page_performance', 'traffic_sources') order by table_name, ordinal_position`,
      );
    const after = await columns();

    await migrateDown(db, 1);

    assertEquals(await columns(), after);
    assertEquals(after.length, 12);
  });
}
