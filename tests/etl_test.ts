import { assertEquals } from "@std/assert";
import { at, batch, pageview, testApp } from "./fixtures.ts";
import { engines } from "./test_database.ts";

for (const engine of engines()) {
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${engine.name})`, fn);

  test("a visit becomes its session, pageviews, interactions, form and day", async () => {
    await using app = await testApp({ engine });
    await app.collect([
      pageview({
        path: "/",
        url: "https://example.com/?utm_source=google&utm_medium=cpc&utm_campaign=spring",
        attribution: { referrer: "https://www.google.co.uk/" },
      }),
      batch([
        {
          eventType: "click",
          timestamp: at(5),
          eventData: { tagName: "A", classes: "nav big", id: "to-products", href: "/products" },
        },
        {
          eventType: "scroll_depth",
          timestamp: at(8),
          eventData: { milestone: 50, timeToMilestone: 8000, scrollPercentage: 51.6 },
        },
      ], { timestamp: at(9) }),
      pageview({ path: "/products", timestamp: at(10) }),
      pageview({ path: "/contact", timestamp: at(40) }),
      {
        eventType: "form_submit",
        timestamp: at(70),
        sessionId: "sess_1",
        visitorId: "vis_1",
        siteId: "example-com",
        url: "https://example.com/contact",
        path: "/contact",
        eventData: {
          formId: "contact",
          formAction: "/thanks",
          formMethod: "post",
          formData: { name: "Ada", password: "hunter2" },
        },
      },
      batch([{ eventType: "page_exit", timestamp: at(85), eventData: { timeSpent: 45_000 } }], {
        timestamp: at(85),
      }),
    ]);
    await app.etl();

    assertEquals(
      await app.rows(
        `select site_id, session_id, visitor_id, session_start, session_end, duration_seconds, pageview_count, event_count,
           bounce, entry_path, entry_title, exit_path, utm_source, utm_medium, utm_campaign, referrer_type, referrer_platform,
           original_referrer, browser_language, timezone, screen_width, viewport_height, device_pixel_ratio, browser, os, device_type, is_bot
         from user_sessions left join user_agents using (user_agent)`,
      ),
      [{
        site_id: "example-com",
        session_id: "sess_1",
        visitor_id: "vis_1",
        session_start: new Date(at(0)),
        session_end: new Date(at(85)),
        duration_seconds: 85,
        pageview_count: 3,
        event_count: 4,
        bounce: false,
        entry_path: "/",
        entry_title: "Products",
        exit_path: "/contact",
        utm_source: "google",
        utm_medium: "cpc",
        utm_campaign: "spring",
        referrer_type: "search",
        referrer_platform: "google",
        original_referrer: "https://www.google.co.uk/",
        browser_language: "en-US",
        timezone: "Europe/Berlin",
        screen_width: 1920,
        viewport_height: 720,
        device_pixel_ratio: 2,
        browser: "Chrome",
        os: "Linux",
        device_type: "desktop",
        is_bot: false,
      }],
    );
    assertEquals(
      await app.rows(
        "select path, time_on_page_seconds, internal_referrer, utm_source from pageviews order by view_timestamp",
      ),
      [
        { path: "/", time_on_page_seconds: 10, internal_referrer: false, utm_source: "google" },
        { path: "/products", time_on_page_seconds: 30, internal_referrer: false, utm_source: null },
        { path: "/contact", time_on_page_seconds: 45, internal_referrer: false, utm_source: null },
      ],
    );
    assertEquals(
      await app.rows(
        "select event_type, page_path, element_tag, element_classes, element_id, scroll_percentage, form_id from user_events order by event_timestamp",
      ),
      [
        {
          event_type: "click",
          page_path: "/",
          element_tag: "A",
          element_classes: "nav big",
          element_id: "to-products",
          scroll_percentage: null,
          form_id: null,
        },
        {
          event_type: "scroll_depth",
          page_path: "/",
          element_tag: null,
          element_classes: null,
          element_id: null,
          scroll_percentage: 52,
          form_id: null,
        },
        {
          event_type: "form_submit",
          page_path: "/contact",
          element_tag: null,
          element_classes: null,
          element_id: null,
          scroll_percentage: null,
          form_id: "contact",
        },
        {
          event_type: "page_exit",
          page_path: "/contact",
          element_tag: null,
          element_classes: null,
          element_id: null,
          scroll_percentage: null,
          form_id: null,
        },
      ],
    );
    assertEquals(
      await app.rows(
        "select form_id, form_action, form_method, page_path, field_count, form_data, submit_timestamp from form_submissions",
      ),
      [{
        form_id: "contact",
        form_action: "/thanks",
        form_method: "post",
        page_path: "/contact",
        field_count: 2,
        form_data: { name: "Ada", password: "[redacted]" },
        submit_timestamp: new Date(at(70)),
      }],
    );
    assertEquals(
      await app.rows(
        `select site_id, metric_date, unique_visitors, total_sessions, total_pageviews, bounce_rate, avg_session_duration_seconds,
           avg_pages_per_session, total_events, direct_sessions, search_sessions, social_sessions, referral_sessions
         from daily_site_metrics`,
      ),
      [{
        site_id: "example-com",
        metric_date: "2026-03-10",
        unique_visitors: 1,
        total_sessions: 1,
        total_pageviews: 3,
        bounce_rate: 0,
        avg_session_duration_seconds: 85,
        avg_pages_per_session: 3,
        total_events: 4,
        direct_sessions: 0,
        search_sessions: 1,
        social_sessions: 0,
        referral_sessions: 0,
      }],
    );
  });

  test("an event that comes late corrects the session, its neighbours and the day", async () => {
    await using app = await testApp({ engine });
    await app.collect([
      pageview({ path: "/second", timestamp: at(60) }),
      batch([{ eventType: "click", timestamp: at(30), eventData: {} }]),
    ]);
    await app.etl();
    await app.collect(
      pageview({ path: "/first", timestamp: at(-24 * 3600), sessionId: "other", visitorId: "vis_2" }),
    );
    await app.collect(pageview({ path: "/first", timestamp: at(0) }));
    await app.etl();

    assertEquals(
      await app.rows(
        "select session_id, entry_path, exit_path, duration_seconds, bounce from user_sessions order by session_start",
      ),
      [
        { session_id: "other", entry_path: "/first", exit_path: "/first", duration_seconds: 0, bounce: true },
        {
          session_id: "sess_1",
          entry_path: "/first",
          exit_path: "/second",
          duration_seconds: 60,
          bounce: false,
        },
      ],
    );
    assertEquals(await app.rows("select page_path from user_events"), [{ page_path: "/first" }]);
    assertEquals(
      await app.rows(
        "select path, time_on_page_seconds from pageviews where session_id = 'sess_1' order by view_timestamp",
      ),
      [{ path: "/first", time_on_page_seconds: 60 }, { path: "/second", time_on_page_seconds: null }],
    );
    assertEquals(
      await app.rows(
        "select metric_date, total_sessions, total_pageviews, bounce_rate from daily_site_metrics order by metric_date",
      ),
      [
        { metric_date: "2026-03-09", total_sessions: 1, total_pageviews: 1, bounce_rate: 1 },
        { metric_date: "2026-03-10", total_sessions: 1, total_pageviews: 2, bounce_rate: 0 },
      ],
    );
  });

  test("a session that was idle for 30 minutes ends, and a later event opens it again", async () => {
    await using app = await testApp({ engine });
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    await app.collect([
      pageview({ sessionId: "here", timestamp: ago(20) }),
      pageview({ sessionId: "gone", timestamp: ago(45) }),
    ]);
    await app.rows("call process_events_batch()");
    await app.rows("update user_sessions set session_end = null");
    await app.rows("call update_active_sessions()");
    const state =
      "select session_id, session_end = last_event_at as ended from user_sessions order by session_id";
    assertEquals(await app.rows(state), [
      { session_id: "gone", ended: true },
      { session_id: "here", ended: null },
    ]);
    assertEquals(await app.rows("select session_id from active_sessions"), [{ session_id: "here" }]);

    await app.collect(pageview({ sessionId: "gone", timestamp: ago(1) }));
    await app.rows("call process_events_batch()");
    await app.rows("call update_active_sessions()");
    assertEquals(await app.rows(state), [
      { session_id: "gone", ended: null },
      { session_id: "here", ended: null },
    ]);
  });

  test("events that cannot be used are set aside with their reason and hold nobody up", async () => {
    await using app = await testApp({ engine });
    await app.rows(
      `insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, url, raw_event_data) values
         ('pageview', 's', 'v', 'x', now(), 'https://x.test/1', '{}'),
         ('pageview', null, 'v', 'x', now(), 'https://x.test/2', '{}'),
         ('batch', 's', 'v', 'x', now(), null, '{"events": 5}'),
         ('batch', 's', 'v', 'x', now(), null, '{"events": [{"eventType": "click"}, {"no": 1}, "text", {"eventType": "batch"},
            {"eventType": "scroll", "timestamp": "2026-13-45T00:00:00Z"}]}'),
         ('batch', 's', 'v', 'x', now(), null, '{"events": [{"eventType": "click"}, {"no": 1}]}'),
         ('pageview', 's', 'v', 'x', now(), 'https://x.test/3', '{}')`,
    );
    await app.rows("call process_events_batch(batch_size := 100)");

    assertEquals(await app.rows("select path from pageviews order by id"), [{ path: "/1" }, { path: "/3" }]);
    assertEquals(await app.rows("select event_type from user_events"), [{ event_type: "click" }]);
    assertEquals(
      await app.rows("select event_type, reason, event from failed_events order by id"),
      [
        { event_type: "pageview", reason: "session_id is missing", event: {} },
        {
          event_type: "batch",
          reason: "the events of a batch are no array of at most 1,023",
          event: { events: 5 },
        },
        {
          event_type: "batch",
          reason: 'date/time field value out of range: "2026-13-45T00:00:00Z"',
          event: {
            events: [{ eventType: "click" }, { no: 1 }, "text", { eventType: "batch" }, {
              eventType: "scroll",
              timestamp: "2026-13-45T00:00:00Z",
            }],
          },
        },
        { event_type: null, reason: "eventType is missing", event: { no: 1 } },
      ],
    );
    assertEquals(await app.rows("select count(*) as pending from events_log where processed_at is null"), [{
      pending: 0,
    }]);
  });
}
