import { assertEquals } from "@std/assert";
import { at, pageview, testApp } from "./fixtures.ts";
import { engines } from "./test_database.ts";

for (const engine of engines()) {
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${engine.name})`, fn);

  test("jobs that run twice at once count nothing twice", async () => {
    await using app = await testApp({ engine });
    for (let i = 0; i < 20; i++) {
      await app.collect(
        Array.from({ length: 50 }, (_, j) => pageview({ sessionId: `s${i}`, timestamp: at(j) })),
      );
    }
    await Promise.all([
      app.etl(),
      app.etl(),
      app.rows("call process_events_batch(100)"),
      app.rows("call process_events_batch(7)"),
    ]);
    await app.etl();
    assertEquals(
      await app.rows(
        "select count(*) as sessions, sum(pageview_count)::int as views, max(pageview_count) as most from user_sessions",
      ),
      [{ sessions: 20, views: 1000, most: 50 }],
    );
    assertEquals(await app.rows("select count(*) as rows, count(distinct id) as ids from pageviews"), [{
      rows: 1000,
      ids: 1000,
    }]);
    assertEquals(await app.rows("select total_sessions, total_pageviews from daily_site_metrics"), [
      { total_sessions: 20, total_pageviews: 1000 },
    ]);
  });

  test("a daily metric recomputed is the same, and days are the site's own", async () => {
    await using app = await testApp({ engine });
    await app.rows("insert into sites (site_id, timezone) values ('example-com', 'Pacific/Auckland')");
    await app.collect([
      pageview({ sessionId: "a", timestamp: "2026-03-10T10:59:59Z" }),
      pageview({ sessionId: "b", timestamp: "2026-03-10T11:00:00Z" }),
    ]);
    await app.etl();
    const metrics = "select * from daily_site_metrics order by metric_date";
    const first = await app.rows(metrics);
    assertEquals(first.map((row) => [row.metric_date, row.total_sessions]), [["2026-03-10", 1], [
      "2026-03-11",
      1,
    ]]);

    await app.rows("call calculate_daily_metrics(start_date := '2026-03-01', end_date := '2026-03-31')");
    assertEquals(await app.rows(metrics), first);
  });

  test("a day between a session's first and a late event is corrected, too", async () => {
    await using app = await testApp({ engine });
    await app.collect([
      pageview({ path: "/first", timestamp: "2026-03-10T12:00:00Z" }),
      pageview({ path: "/second", timestamp: "2026-03-11T23:50:00Z" }),
    ]);
    await app.etl();
    const second = `select day, seconds, timed from daily_value_sums join dictionary using (site_id, value_id)
       where dimension = 'page' and value = '/second' and pageviews > 0`;
    assertEquals(await app.rows(second), [{ day: "2026-03-11", seconds: 0, timed: 0 }]);

    // Now it is known how long the one before was read.
    await app.collect(pageview({ path: "/third", timestamp: "2026-03-12T00:10:00Z" }));
    await app.etl();
    assertEquals(await app.rows(second), [{ day: "2026-03-11", seconds: 1_200, timed: 1 }]);
  });

  test("cleanup drops what is processed and past its retention, and keeps what waits", async () => {
    await using app = await testApp({ engine });
    await app.rows(
      `insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, raw_event_data, created_at, processed_at)
       select kind, 's', 'v', 'x', now(), '{}', now() - age, case when kind <> 'waits' then now() - age end
       from (values ('old', interval '100 days'), ('young', interval '80 days'), ('waits', interval '200 days')) as t(kind, age)`,
    );
    await app.rows("call cleanup_processed_events(retention_days := 90)");
    assertEquals(await app.rows("select event_type from events_log order by 1"), [{ event_type: "waits" }, {
      event_type: "young",
    }]);
    await app.rows("call cleanup_processed_events(0)");
    assertEquals(await app.rows("select event_type from events_log order by 1"), [{ event_type: "waits" }]);
  });

  test("whole months past their retention are dropped, closed ones get the index on the raw data", async () => {
    await using app = await testApp({ engine, own: true });
    await app.rows("alter table events_log detach partition events_log_history");
    await app.rows("drop table events_log_history");
    await app.rows("select add_events_log_months(now() - interval '6 months', now())");
    await app.rows(
      `insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, raw_event_data, created_at, processed_at)
       select 'old', 's', 'v', 'x', now(), '{}', now() - interval '5 months', now() - interval '5 months'`,
    );
    await app.etl();
    const months = await app.rows(
      "select name, ends <= now() as closed, to_regclass('idx_events_log_raw_data_gin_' || suffix) is not null as indexed from events_log_months() where ends <= now() + interval '1 month'",
    );
    assertEquals(
      months.map(({ closed, indexed }) => [closed, indexed]),
      [
        [true, true],
        [true, true],
        [true, true],
        [false, false],
      ].slice(4 - months.length),
    );
    assertEquals(await app.rows("select event_type from events_log"), []);
  });

  test("procedures refuse arguments that make no sense, saying what would", async () => {
    await using app = await testApp({ engine });
    const message = async (sql: string) =>
      await app.rows(sql).then(() => "accepted", (error) => (error as Error).message);
    assertEquals(await message("call process_events_batch(0)"), "batch_size is 0, but must be 1 or more");
    assertEquals(
      await message("call process_events_batch(null)"),
      "batch_size is null, but must be 1 or more",
    );
    assertEquals(
      await message("call cleanup_processed_events(-1)"),
      "retention_days is -1, but must be 0 or more",
    );
    assertEquals(
      await message("call calculate_daily_metrics('2026-03-02', '2026-03-01')"),
      "end_date 2026-03-01 lies before start_date 2026-03-02",
    );
  });
}
