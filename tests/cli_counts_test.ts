import { assertEquals } from "@std/assert";
import { answered, commandTest } from "./command_run.ts";
import { testDatabase } from "./test_database.ts";

commandTest(
  "what footfall counts it says as one says it, of one and of several",
  testDatabase,
  async (run, db) => {
    const footfall = (...args: string[]) => run("commands/footfall.ts", args);
    const waiting = async () => {
      const { stdout } = await footfall("status");
      return stdout.slice(stdout.indexOf("waiting for")).replace(/\d+ s$/m, "SECONDS").trimEnd().split("\n");
    };
    await db.exec(`
      insert into events_log_pending (event_type, session_id, visitor_id, site_id, timestamp, raw_event_data)
      values ('pageview', 's', 'v', 'a', now(), '{}');
      insert into failed_events (id, site_id, event_id, event_type, reason, event, failed_at)
      values (1, 'a', gen_random_uuid(), 'click', 'a mistake', '{}', now());
      insert into stale_days (site_id, metric_date, marked_at) values ('a', '2026-01-31', now());
      insert into user_sessions (session_id, visitor_id, site_id, session_start) values ('s', 'v', 'a', '2026-01-31 12:00Z');
      insert into pageviews (session_id, visitor_id, site_id, url, path, view_timestamp)
      values ('s', 'v', 'a', 'u', '/', '2026-01-31 12:00Z')`);

    assertEquals(await waiting(), [
      "waiting for the ETL: 1 row, the oldest for SECONDS",
      "waiting in the spool: 0 events",
      "set aside: 1 event",
      "to roll up again: 1 day of sites",
      "session rows: no rebuild is under way",
    ]);
    assertEquals(
      await footfall("rollup", "--from", "2026-01-30", "--to", "2026-02-01"),
      answered("rolled up: 2026-01-30 to 2026-02-01, metrics of 1 day of sites"),
    );
    assertEquals(
      await footfall("retry-failed"),
      answered(
        "waiting again: 0 events; set aside still: 1, whose raw events are gone or wait already",
      ),
    );
    await db.exec(`
      insert into events_log_pending (event_type, session_id, visitor_id, site_id, timestamp, raw_event_data)
      select 'pageview', 's', 'v', 'a', now(), '{}' from generate_series(1, 1234);
      delete from stale_days;
      insert into stale_days (site_id, metric_date, marked_at, is_counted) values ('a', current_date, now(), true);
      insert into rebuilds (starts, ends, reached, definitions)
      values ('2026-03-10 12:00Z', 'infinity', '2026-03-11 12:00Z', 1)`);
    assertEquals(await waiting(), [
      "waiting for the ETL: 1,235 rows, the oldest for SECONDS",
      "waiting in the spool: 0 events",
      "set aside: 1 event",
      "to roll up again: 0 days of sites",
      "session rows: rebuilt back to 2026-03-11T12:00:00.000Z",
    ]);
  },
);
