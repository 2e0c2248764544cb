import { assertEquals } from "@std/assert";
import { at, pageview, testApp } from "./fixtures.ts";
import { engines } from "./test_database.ts";

for (const engine of engines().filter(({ embedded }) => !embedded)) {
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

for (const engine of engines().filter(({ embedded }) => !embedded)) {
  Deno.test(`three workers share a backlog: each event is processed once, and nobody waits for a lane (${engine.name})`, async () => {
    await using db = await engine.migrated();
    await db.query(
      `insert into events_log (event_type, session_id, site_id, timestamp, path, raw_event_data)
       select 'pageview', 'sess_' || n % 200, 'site_' || n % 3, timestamptz '2026-03-10' + n * interval '1 minute', '/', '{}'
       from generate_series(1, 3000) n`,
    );
    const work = async (worker: number): Promise<number> => {
      const [row] = await db.query<{ rows: number }>(
        "select rows from process_beside_others(100, $1)",
        [worker],
      );
      return row!.rows === 0 ? 0 : row!.rows + await work(worker);
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
}
