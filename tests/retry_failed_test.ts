import { assertEquals } from "@std/assert";
import { at, batch, pageview, testApp } from "./fixtures.ts";
import { engines } from "./test_database.ts";

for (const engine of engines()) {
  Deno.test(`events that were set aside are processed once what was wrong is mended, and set aside again where it is not (${engine.name})`, async () => {
    await using app = await testApp({ engine, own: true });
    await using never = await testApp({ engine });
    const events = [
      pageview({ eventId: "01900000-0000-7000-8000-000000000001" }),
      batch([
        { eventType: "click", timestamp: at(5), eventData: {} },
        { eventType: "scroll", timestamp: at(6), eventData: {} },
        { noType: true },
      ], { eventId: "01900000-0000-7000-8000-000000000002" }),
    ];
    for (const event of events) {
      await app.collect(event);
      await never.collect(event);
    }
    // A version with a mistake: it takes neither pageviews nor scrolling.
    const [mended] = await app.db.query<{ definition: string }>(
      "select pg_get_functiondef('set_aside_failed_events'::regproc) as definition",
    );
    await app.db.exec(`
      create or replace function set_aside_failed_events(batch timestamptz) returns void language plpgsql as $$
      begin
        update batch_events set reason = coalesce(reason, 'a mistake') where event_type in ('pageview', 'scroll') or reason is not null;
        insert into failed_events (id, site_id, event_id, event_type, reason, event, failed_at)
        select id, site_id, event_id, event_type, reason, coalesce(event, '{}'), batch from batch_events where reason is not null;
        delete from batch_events where reason is not null;
        drop table batch_sessions;
        perform read_sessions();
      end $$`);
    await app.etl();
    const [setAside] = await app.rows("select count(*) as events from failed_events");
    await app.db.exec(mended!.definition);

    const [retried] = await app.rows("select retried, kept from retry_failed_events()");
    await app.etl();
    await never.etl();

    const facts = (of: typeof app) =>
      of.rows(`select 'view' as kind, path, view_timestamp as at, null as page from pageviews
        union all select event_type, null, event_timestamp, page_path from user_events
        union all select reason, null, null, null from failed_events
        union all select 'session', entry_path, session_start, pageview_count || ' ' || event_count from user_sessions
        union all select 'day', total_events::text, null, total_pageviews::text from daily_site_metrics order by 1, 2, 3`);
    assertEquals([setAside, retried], [{ events: 3 }, { retried: 3, kept: 0 }]);
    assertEquals(await facts(app), await facts(never));
    // Its raw event is gone: there is nothing to process.
    await app.db.exec("delete from events_log");
    assertEquals(await app.rows("select retried, kept from retry_failed_events()"), [{
      retried: 0,
      kept: 1,
    }]);
  });
}
