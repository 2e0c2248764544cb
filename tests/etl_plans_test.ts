import { assertEquals } from "@std/assert";
import { anyServer, testApp } from "./fixtures.ts";

// A plan that compares each row with each other takes minutes for these; a slow machine needs a tenth of this.
const TIMEOUT_MS = 60_000;
const RUNS = [{ rows: 4_000, batchSize: 100 }, { rows: 20_000, batchSize: 50_000 }];

const SHAPES = [
  { name: "half as many sites as events", site: "'site_' || n % ($1 / 2)", session: "'s'" },
  { name: "one huge site", site: "'site'", session: "'s' || n % ($1 / 5)" },
  { name: "one huge session in two tabs", site: "'site'", session: "'s'" },
];

// Every other event is a pageview, of two pages in turn. Between them come exits, of the page before in the first half and
// without a page in the second.
const BACKLOG = (shape: typeof SHAPES[number], rows: number) =>
  `insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, url, path, raw_event_data)
   select
     case when n % 2 = 0 then 'pageview' else 'page_exit' end, ${shape.session}, 'v', ${shape.site},
     timestamptz '2026-03-10' + n * interval '1 second', 'https://x.test' || page, page, '{"eventData": {}}'
   from generate_series(0, $1 - 1) n
   cross join lateral (select case when n % 2 = 0 or n < $1 / 2 then '/' || (n + n % 2) / 2 % 2 end as page) views`
    .replaceAll("$1", String(rows));

for (const shape of SHAPES) {
  for (const { rows, batchSize } of RUNS) {
    Deno.test(`${shape.name}: no plan needs statistics, in batches of ${batchSize}`, async () => {
      await using app = await testApp({ engine: anyServer() });
      await app.db.exec("alter table events_log_pending set (autovacuum_enabled = off)");
      await app.db.exec(BACKLOG(shape, rows));
      let batch = batchSize;
      while (batch > 0) {
        const [row] = await app.db.query<{ rows: number }>(
          "select process_events($1) as rows",
          [batchSize],
          { timeout: TIMEOUT_MS },
        );
        batch = row!.rows;
      }
      assertEquals(
        await app.rows(
          `select
             (select count(*) from pageviews) as views,
             (select count(*) from user_events) as events,
             (select sum(pageview_count + event_count)::int from user_sessions) as in_sessions,
             (select count(*) from events_log_pending) as waiting`,
        ),
        [{ views: rows / 2, events: rows / 2, in_sessions: rows, waiting: 0 }],
      );
    });
  }
}

Deno.test("the oldest events of some lanes are found without reading all that waits", async () => {
  await using app = await testApp({ engine: anyServer() });
  await app.db.exec(BACKLOG(SHAPES[1]!, 20_000));
  await app.db.exec("analyze events_log_pending");
  await app.db.transaction(async (tx) => {
    const [range] = await tx.query<{ rows: number }>(
      `select count(*) as rows from events_log_pending, oldest_pending(100, '{0,2}')
       where id between first_id and last_id and session_lane(session_id) in (0, 2)`,
    );
    assertEquals(range, { rows: 100 });
  });
  await app.db.transaction(async (tx) => {
    await tx.query("select oldest_pending(100, '{0,2}')");
    const [read] = await tx.query<{ all: number; few: boolean }>(
      `select seq_tup_read as all, idx_tup_fetch < 1000 as few
       from pg_stat_xact_user_tables where relname = 'events_log_pending'`,
    );
    assertEquals(read, { all: 0, few: true });
  });
});
