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
