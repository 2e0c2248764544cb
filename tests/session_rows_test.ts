import { assertEquals } from "@std/assert";
import type { Database } from "../db/database.ts";
import type { EventRow } from "../db/event_row.ts";
import { breakdown } from "../db/stats/breakdown.ts";
import { funnel } from "../db/stats/funnel.ts";
import { overview } from "../db/stats/overview.ts";
import type { StatsQuery } from "../db/stats/query.ts";
import { scroll } from "../db/stats/scroll.ts";
import { timeseries } from "../db/stats/timeseries.ts";
import { eventRow } from "./event_row.ts";
import { anyServer } from "./fixtures.ts";
import { engines, serverTest } from "./test_database.ts";

const SITE = "example-com";
const DAY = "2026-03-10";

function query(from = DAY, to = DAY, filters: StatsQuery["filters"] = []): StatsQuery {
  return { site: SITE, timezone: "UTC", range: { from, to }, filters };
}

/** Collects events and makes rows of them. */
async function process(db: Database, rows: EventRow[]): Promise<void> {
  await db.query("select store_events($1::jsonb, '[]'::jsonb, $2::uuid[])", [
    JSON.stringify(rows),
    rows.map(({ event_id }) => event_id),
  ]);
  await db.query("select process_events(100000)");
}

const at = (time: string, day = DAY) => `${day}T${time}Z`;
const event = (event_type: string, time: string, fields: Partial<EventRow> = {}) =>
  eventRow("/", { event_type, timestamp: at(time), ...fields });

for (const engine of engines()) {
  const test = (title: string, run: (db: Database) => Promise<void>) =>
    Deno.test(`${title} (${engine.name})`, async () => {
      await using db = await engine.migrated();
      await run(db);
    });

  test("an event is counted as soon as its batch is processed, on a day that is rolled up as well", async (db) => {
    await process(db, [eventRow("/", { timestamp: at("12:00:00.000") })]);
    await db.query("select roll_up_stale_days()");
    await process(db, [
      eventRow("/late", { timestamp: at("12:01:00.000") }),
      eventRow("/late", { session_id: "sess_2", visitor_id: "vis_2", timestamp: at("13:00:00.000") }),
    ]);

    const { visitors, sessions, pageviews } = await overview(db, query());
    assertEquals({ visitors, sessions, pageviews }, { visitors: 2, sessions: 2, pageviews: 3 });
    assertEquals(
      (await breakdown(db, query(), "page")).rows.map(({ value, pageviews }) => [value, pageviews]),
      [["/late", 2], ["/", 1]],
    );
  });

  test("a late event costs its own days: the marks say which", async (db) => {
    await process(db, [
      eventRow("/", { timestamp: at("12:00:00.000") }),
      eventRow("/", { session_id: "sess_2", timestamp: at("12:00:00.000", "2026-03-12") }),
    ]);
    await db.query("select roll_up_stale_days()");
    const marks = () => db.query("select metric_date as day, is_counted from stale_days order by 1");
    assertEquals(await marks(), []);

    await process(db, [eventRow("/", { session_id: "sess_2", timestamp: at("12:00:01.000", "2026-03-12") })]);

    assertEquals(await marks(), [{ day: "2026-03-12", is_counted: false }]);
  });

  Deno.test(`hours of an open day are rolled up, and read again when a session changes them (${engine.name})`, async () => {
    await using db = await engine.migrated({ own: true });
    await db.exec(
      `create or replace function closing_delay() returns interval language sql immutable as $$ select interval '100 years' $$;
       create or replace function least_hour() returns integer language sql immutable as $$ select 1 $$`,
    );
    const rolledHours = async () =>
      (await db.query<{ hour: string }>(
        `select to_char(hour at time zone 'UTC', 'HH24:MI') as hour from rolled_hours($1, array[$2::date]) order by 1`,
        [SITE, DAY],
      )).map(({ hour }) => hour);
    const figures = async () => {
      const { visitors, sessions, pageviews, events, bounceRate, sessionSeconds } = await overview(
        db,
        query(),
      );
      const hours = (await timeseries(db, query(), "hour", new Date())).filter(({ pageviews }) =>
        pageviews > 0
      );
      return {
        overview: [visitors, sessions, pageviews, events, bounceRate, sessionSeconds],
        hours: hours.map(({ label, sessions, pageviews }) => [label.slice(11), sessions, pageviews]),
        pages: (await breakdown(db, query(), "page")).rows.map(({ value, pageviews }) => [value, pageviews]),
        exits: (await breakdown(db, query(), "exit")).rows.map(({ value, sessions }) => [value, sessions]),
      };
    };
    await process(db, [
      eventRow("/", { timestamp: at("10:50:00.000") }),
      eventRow("/", { timestamp: at("12:00:00.000"), session_id: "sess_2", visitor_id: "vis_2" }),
    ]);
    await db.query("select roll_up_stale_days()");
    assertEquals(await rolledHours(), ["10:00", "12:00"]);

    await process(db, [
      eventRow("/later", { timestamp: at("11:10:00.000") }),
      event("signup", "11:11:00.000"),
    ]);
    assertEquals(await rolledHours(), ["12:00"]);
    const expected = {
      overview: [2, 2, 3, 1, 0.5, 630],
      hours: [["10:00", 1, 1], ["11:00", 0, 1], ["12:00", 1, 1]],
      pages: [["/", 2], ["/later", 1]],
      exits: [["/", 1], ["/later", 1]],
    };
    assertEquals(await figures(), expected);

    await db.query("select roll_up_stale_days()");
    assertEquals(await rolledHours(), ["10:00", "12:00"]);
    assertEquals(await figures(), expected);

    await db.query("select mark_days($1, array[$2::date])", [SITE, DAY]);
    assertEquals(await rolledHours(), []);
    assertEquals(await figures(), expected);

    // It rolls up all hours of a day, also of one that is not over.
    await db.query("call calculate_daily_metrics($1::date, $1::date)", [DAY]);
    await process(db, [
      eventRow("/", { timestamp: at("12:05:00.000"), session_id: "sess_2", visitor_id: "vis_2" }),
    ]);
    await db.query("select roll_up_stale_days()");
    assertEquals(await rolledHours(), ["10:00", "12:00"]);
    assertEquals((await figures()).pages, [["/", 3], ["/later", 1]]);
  });

  test("steps of one millisecond are followed in their order: views first, then as they were sent", async (db) => {
    const moment = "12:00:00.000";
    const id = (n: number) => `0193e0c2-8d7e-7000-8000-00000000000${n}`;
    await process(db, [
      event("signup", moment, { event_id: id(2) }),
      event("purchase", moment, { event_id: id(1) }),
      eventRow("/pricing", { event_id: id(3), timestamp: at(moment) }),
    ]);
    const counts = async (...steps: Parameters<typeof funnel>[2]) =>
      (await funnel(db, query(), steps, "session")).map(({ count }) => count);

    assertEquals(await counts({ page: "/pricing" }, { event: "signup" }, { event: "purchase" }), [1, 1, 1]);
    assertEquals(await counts({ event: "purchase" }, { event: "signup" }), [1, 0]);
    assertEquals(await counts({ event: "signup" }, { page: "/pricing" }), [1, 0]);
    assertEquals(
      (await funnel(db, query(), [{ event: "signup" }, { event: "purchase" }], "visitor"))[1]!.medianSeconds,
      0,
    );
  });

  test("a session of more steps than its row holds counts with all of them", async (db) => {
    const time = (i: number) => new Date(Date.parse(at("23:00:00.000")) + i * 3_000).toISOString();
    const views = Array.from({ length: 1_500 }, (_, i) => eventRow(`/${i % 3}`, { timestamp: time(i) }));
    await process(db, views.slice(0, 1_200));
    await process(db, views.slice(1_200));

    const [row] = await db.query("select cardinality(page_ids) as kept, pageviews, events from session_rows");
    assertEquals(row, { kept: 1_000, pageviews: 1_500, events: 0 });
    const figures = async () => ({
      pages: (await breakdown(db, query(DAY, "2026-03-11"), "page")).rows
        .map(({ value, pageviews, sessions }) => [value, pageviews, sessions]),
      days: (await timeseries(db, query(DAY, "2026-03-11"), "day", new Date())).map(({ pageviews }) =>
        pageviews
      ),
      chosen: (await breakdown(
        db,
        query(DAY, DAY, [{ dimension: "page", operator: "is", values: ["/1"] }]),
        "page",
      )).rows.map(({ value, pageviews, sessions }) => [value, pageviews, sessions]),
    });
    const expected = {
      pages: [["/0", 500, 1], ["/1", 500, 1], ["/2", 500, 1]],
      days: [1_200, 300],
      chosen: [["/0", 500, 1], ["/1", 500, 1], ["/2", 500, 1]],
    };
    assertEquals(await figures(), expected);
    await db.query("select roll_up_stale_days()");
    assertEquals(await figures(), expected);
  });

  test("how far a page was scrolled is said of each view, once", async (db) => {
    const milestone = (time: string, depth: number) =>
      event("scroll_depth", time, { raw_event_data: { eventData: { milestone: depth } } });
    await process(db, [
      eventRow("/", { timestamp: at("12:00:00.000") }),
      milestone("12:00:01.000", 25),
      milestone("12:00:02.000", 50),
      // Sent twice, with ids of its own.
      milestone("12:00:02.000", 50),
      eventRow("/other", { timestamp: at("12:00:03.000") }),
      // Of a tab that was left open.
      milestone("12:00:04.000", 75),
      eventRow("/", { timestamp: at("12:00:05.000") }),
      milestone("12:00:06.000", 25),
    ]);
    const expected = [
      { value: "/", pageviews: 2, reached: { "25": 1, "50": 0.5, "75": 0.5, "100": 0 } },
      { value: "/other", pageviews: 1, reached: { "25": 0, "50": 0, "75": 0, "100": 0 } },
    ];
    assertEquals(await scroll(db, query()), expected);
    await db.query("select roll_up_stale_days()");
    assertEquals(await scroll(db, query()), expected);
    assertEquals(
      await scroll(db, query(DAY, DAY, [{ dimension: "page", operator: "is", values: ["/other"] }])),
      expected,
    );
  });

  test("a depth that is reported after midnight marks the day of its view", async (db) => {
    await process(db, [
      eventRow("/", { timestamp: at("12:00:00.000", "2026-03-09") }),
      eventRow("/", { timestamp: at("23:59:00.000") }),
    ]);
    await db.query("select roll_up_stale_days()");
    await process(db, [
      event("scroll_depth", "00:01:00.000", {
        timestamp: at("00:01:00.000", "2026-03-11"),
        raw_event_data: { eventData: { milestone: 100 } },
      }),
    ]);
    const expected = [{ value: "/", pageviews: 1, reached: { "25": 1, "50": 1, "75": 1, "100": 1 } }];
    assertEquals(await scroll(db, query()), expected);
    await db.query("select roll_up_stale_days()");
    assertEquals(await scroll(db, query()), expected);
  });

  test("calculate_daily_metrics counts facts that were changed by hand", async (db) => {
    await process(db, [
      eventRow("/", { timestamp: at("12:00:00.000") }),
      eventRow("/secret", { timestamp: at("12:01:00.000") }),
    ]);
    await db.query("select roll_up_stale_days()");
    await db.exec(`
      update pageviews set path = '/public' where path = '/secret';
      insert into user_sessions (session_id, visitor_id, site_id, session_start) values ('by hand', 'v', '${SITE}', '${
      at("13:00:00")
    }');
      insert into pageviews (session_id, visitor_id, site_id, url, path, view_timestamp)
      values ('by hand', 'v', '${SITE}', '', '/imported', '${at("13:00:00")}')`);

    await db.query("call calculate_daily_metrics($1, $1)", [DAY]);

    assertEquals(
      await db.query("select total_sessions, total_pageviews, unique_visitors from daily_site_metrics"),
      [{ total_sessions: 2, total_pageviews: 3, unique_visitors: 2 }],
    );
    assertEquals(
      (await breakdown(db, query(), "page")).rows.map(({ value }) => value),
      ["/", "/imported", "/public"],
    );
  });
}

serverTest(
  "neither a roll-up nor calculate_daily_metrics makes a batch wait, of whichever site",
  async () => {
    await using db = await anyServer().migrated();
    await process(db, [eventRow("/", { timestamp: at("12:00:00.000") })]);
    await db.transaction(async (tx) => {
      await tx.query("select roll_up_stale_days()");
      await tx.query("call calculate_daily_metrics($1, $1)", [DAY]);

      // Both hold what they hold until the end of this transaction.
      await process(db, [
        eventRow("/", { timestamp: at("12:01:00.000") }),
        eventRow("/", { site_id: "other", session_id: "sess_2", timestamp: at("12:01:00.000") }),
      ]);
    });

    assertEquals((await overview(db, query())).pageviews, 2);
    assertEquals(await db.query("select site_id, metric_date as day from stale_days order by 1"), [
      { site_id: SITE, day: DAY },
      { site_id: "other", day: DAY },
    ]);
  },
);
