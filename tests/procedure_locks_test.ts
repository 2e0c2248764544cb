import { assertEquals } from "@std/assert";
import { at, pageview, testApp } from "./fixtures.ts";
import { serverEngines } from "./test_database.ts";

for (const engine of serverEngines()) {
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${engine.name})`, fn);

  test("cleanup empties a month that somebody reads, and drops it when nobody does", async () => {
    await using app = await testApp({ engine });
    await app.db.exec(`
      alter table events_log detach partition events_log_history;
      drop table events_log_history;
      create table events_log_history partition of events_log for values from (minvalue) to ('2020-01-01');
      select add_events_log_months(now() - interval '6 months', now());
      insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, raw_event_data, created_at, processed_at)
      select 'old', 's', 'v', 'x', now(), '{}', now() - interval '5 months', now() - interval '5 months'`);
    const [month] = await app.rows("select tableoid::regclass::text as name from events_log");
    const name = String(month!.name);
    await app.db.transaction(async (reader) => {
      await reader.query(`select * from ${name}`);
      await app.rows("call cleanup_processed_events(90)");
      assertEquals(await app.rows("select * from events_log"), []);
      assertEquals(await app.rows("select to_regclass($1) is not null as there", [name]), [{ there: true }]);
    });
    await app.rows("call cleanup_processed_events(90)");
    assertEquals(await app.rows("select to_regclass($1) is not null as there", [name]), [{ there: false }]);
  });

  test("the procedures may be called in any order within a transaction, beside each other and the collector", async () => {
    await using app = await testApp({ engine });
    const blocks = [
      `call calculate_daily_metrics('2026-03-01', '2026-03-31'); call process_events_batch(20); call update_active_sessions();`,
      `call process_events_batch(20); call calculate_daily_metrics('2026-03-01', '2026-03-31'); call cleanup_processed_events();`,
      `call update_active_sessions(); call cleanup_processed_events(); call process_events_batch(50);`,
    ];
    const rounds = Array.from({ length: 15 }, (_, i) => i);
    const caller = async (block: string) => {
      for (const _ of rounds) await app.db.exec(`do $$ begin ${block} end $$`);
    };
    const client = async () => {
      for (const i of rounds) {
        const views = Array.from(
          { length: 20 },
          (_, j) => pageview({ sessionId: `s${i}`, timestamp: at(j) }),
        );
        assertEquals((await app.collect(views)).status, 202);
      }
    };
    await Promise.all([...blocks.map(caller), client(), client()]);
    await app.etl();
    assertEquals(await app.rows("select count(*) as rows from pageviews"), [{ rows: 600 }]);
    assertEquals(
      await app.rows("select sum(pageview_count)::int as views, count(*) as sessions from user_sessions"),
      [
        { views: 600, sessions: 15 },
      ],
    );
  });
}

for (const engine of serverEngines()) {
  Deno.test(`three workers share a backlog: each event is processed once, and nobody waits for a lane (${engine.name})`, async () => {
    await using db = await engine.migrated();
    await db.query(
      `insert into events_log (event_type, session_id, site_id, timestamp, path, raw_event_data)
       select 'pageview', 'sess_' || n % 200, 'site_' || n % 3, timestamptz '2026-03-10' + n * interval '1 minute', '/', '{}'
       from generate_series(1, 3000) n`,
    );
    const work = async (worker: number, after = 0): Promise<number> => {
      const [row] = await db.query<{ rows: number; reached: number }>(
        "select rows, reached from process_beside_others(100, $1, $2)",
        [worker, after],
      );
      return row!.rows === 0 ? 0 : row!.rows + await work(worker, row!.reached);
    };
    // Somebody else is in lane 0 up to the end; the workers do the other three.
    const done = await db.transaction(async (tx) => {
      await tx.query("select pg_advisory_xact_lock(hashtextextended('footfall:lane', 0))");
      return await Promise.all([work(0), work(1), work(2)]);
    });
    const [lane] = await db.query<{ rows: number }>(
      "select count(*) as rows from events_log where session_lane(session_id) = 0",
    );
    assertEquals(done.reduce((sum, rows) => sum + rows), 3000 - lane!.rows);
    await work(0);
    assertEquals(
      await db.query(
        `select (select count(*) from pageviews) as views, (select count(distinct id) from pageviews) as ids,
           (select count(*) from events_log_pending) as pending, (select sum(pageview_count) from user_sessions) as counted`,
      ),
      [{ views: 3000, ids: 3000, pending: 0, counted: 3000 }],
    );
  });

  Deno.test(`a worker goes on where its last batch ended, and looks from the start before it ends (${engine.name})`, async () => {
    await using db = await engine.migrated();
    await db.query(
      `insert into events_log (id, event_type, session_id, site_id, timestamp, path, raw_event_data)
       select n, 'pageview', 'sess', 'site', timestamptz '2026-03-10' + n * interval '1 minute', '/', '{}'
       from generate_series(11, 20) n`,
    );
    const [own] = await db.query<{ worker: number }>("select session_lane('sess') % 2 as worker");
    const next = async (after: number) => {
      const [row] = await db.query<{ rows: number; reached: number }>(
        "select rows, reached from process_beside_others(4, $1, $2)",
        [own!.worker, after],
      );
      const left = await db.query<{ id: number }>("select id from events_log_pending order by id");
      return { rows: row!.rows, reached: row!.reached, left: left.map(({ id }) => id) };
    };
    assertEquals(await next(0), { rows: 4, reached: 14, left: [15, 16, 17, 18, 19, 20] });
    // It commits late.
    await db.query(
      `insert into events_log (id, event_type, session_id, site_id, timestamp, path, raw_event_data)
       values (3, 'pageview', 'sess', 'site', now(), '/', '{}')`,
    );
    assertEquals(await next(14), { rows: 4, reached: 18, left: [3, 19, 20] });
    assertEquals(await next(18), { rows: 2, reached: 20, left: [3] });
    assertEquals(await next(20), { rows: 1, reached: 3, left: [] });
    assertEquals(await next(3), { rows: 0, reached: 0, left: [] });
  });
}
