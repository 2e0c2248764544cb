import { assertEquals } from "@std/assert";
import { engines } from "./test_database.ts";

const SENT = "2026-03-10T12:00:00.000Z";
const GOOD = "2026-03-10T11:59:00.000Z";

/** A raw batch of clicks with these times, as it may come from elsewhere than the collector. */
const BATCH = `
  insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, url, path, raw_event_data)
  select 'batch', $1, 'v', 'shop', $2::timestamptz, 'https://shop.test/', '/', jsonb_build_object('events', (
    select jsonb_agg(jsonb_build_object('eventType', 'click', 'timestamp', time)) from unnest($3::text[]) as time
  ))`;

for (const engine of engines()) {
  Deno.test(`an event whose time only looks like one takes its row's, and takes nothing from others (${engine.name})`, async () => {
    await using db = await engine.migrated();
    await db.query(BATCH, ["plain", SENT, [GOOD]]);
    await db.query(BATCH, ["strange", SENT, [GOOD, "20x6-03-10T11:59:00.000Z", "soon", "2026-03-10 11:58Z"]]);
    await db.query(BATCH, ["impossible", SENT, ["2026-02-31T11:59:00.000Z"]]);
    const [batch] = await db.query<{ rows: number }>("select process_events(1000) as rows");

    assertEquals(batch, { rows: 3 });
    assertEquals(
      await db.query(
        "select session_id as session, event_timestamp as at from user_events order by session_id, event_timestamp, id",
      ),
      [
        { session: "plain", at: new Date(GOOD) },
        { session: "strange", at: new Date("2026-03-10T11:58:00.000Z") },
        { session: "strange", at: new Date(GOOD) },
        { session: "strange", at: new Date(SENT) },
        { session: "strange", at: new Date(SENT) },
      ],
    );
    assertEquals(
      await db.query("select reason from failed_events"),
      [{ reason: 'date/time field value out of range: "2026-02-31T11:59:00.000Z"' }],
    );
    assertEquals(await db.query("select count(*) as waiting from events_log_pending"), [{ waiting: 0 }]);
  });
}
