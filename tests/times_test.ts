import { assertEquals } from "@std/assert";
import { at, batch, pageview, type TestApp, testApp } from "./fixtures.ts";
import { ask } from "./stats_shop.ts";
import { engines } from "./test_database.ts";

/** An event of the session `sess_1`, `seconds` after the tests' zero. */
function event(
  eventType: string,
  seconds: number,
  path: string,
  eventData: object = {},
  sessionId = "sess_1",
) {
  return {
    eventType,
    timestamp: at(seconds),
    siteId: "example-com",
    sessionId,
    visitorId: sessionId.replace("sess", "vis"),
    url: `https://example.com${path}`,
    path,
    eventData,
  };
}

const view = (seconds: number, path: string, sessionId = "sess_1") =>
  pageview({ ...event("pageview", seconds, path, {}, sessionId) });
const exit = (
  seconds: number,
  path: string,
  timeSpent?: number,
  engagedTime?: unknown,
  sessionId = "sess_1",
) => event("page_exit", seconds, path, { timeSpent, engagedTime }, sessionId);

interface Times {
  /** Of the session: duration and engaged time. */
  session: [number, number | null];
  /** Of each pageview: time on page and engaged time. */
  pages: [string, number | null, number | null][];
}

async function times(app: TestApp): Promise<Times> {
  const sessions = await app.rows("select duration_seconds, engaged_seconds from user_sessions");
  const pages = await app.rows(
    "select path, time_on_page_seconds, engaged_seconds from pageviews order by view_timestamp",
  );
  return {
    session: Object.values(sessions[0]!) as Times["session"],
    pages: pages.map((row) => Object.values(row)) as Times["pages"],
  };
}

const HOURS = 3600;

const CASES: [string, object[], Times][] = [
  [
    "a tab that was left open for hours lasts as long as it was used",
    [view(0, "/"), exit(8 * HOURS, "/", 28_800_000, 20_000)],
    { session: [20, 20], pages: [["/", 20, 20]] },
  ],
  [
    "a tab that was left open, of a tracker that measures no engaged time, is of unknown length",
    [view(0, "/"), exit(8 * HOURS, "/", 28_800_000)],
    { session: [0, null], pages: [["/", null, null]] },
  ],
  [
    "the engaged time stands in place of the last gap also where that is short",
    [view(0, "/"), view(100, "/a"), exit(400, "/a", 300_000, 60_000)],
    { session: [160, 60], pages: [["/", 100, null], ["/a", 60, 60]] },
  ],
  [
    "what the page's other events show already is not counted twice",
    [view(0, "/"), event("click", 50, "/"), exit(8 * HOURS, "/", 28_800_000, 70_000)],
    { session: [70, 70], pages: [["/", 70, 70]] },
  ],
  [
    "a session lasts at least until its last event but the exit",
    [view(0, "/"), event("click", 90, "/"), exit(8 * HOURS, "/", 28_800_000, 30_000)],
    { session: [90, 30], pages: [["/", 30, 30]] },
  ],
  [
    "two tabs that are closed together: the one that was used longest counts",
    [
      view(0, "/"),
      view(10, "/a"),
      exit(8 * HOURS, "/", 28_800_000, 5_000),
      exit(8 * HOURS + 1, "/a", 28_790_000, 15_000),
    ],
    { session: [25, 20], pages: [["/", 10, 5], ["/a", 15, 15]] },
  ],
  [
    "events of one session that lie weeks apart add no idle time",
    [
      view(0, "/"),
      event("click", 40, "/"),
      event("click", 29 * 24 * HOURS, "/"),
      view(29 * 24 * HOURS + 20, "/b"),
    ],
    { session: [60, null], pages: [["/", null, null], ["/b", null, null]] },
  ],
  [
    "an exit amid a session is an event like any other",
    [view(0, "/"), exit(30, "/", 30_000, 12_000), view(31, "/b"), exit(91, "/b", 60_000, 45_000)],
    { session: [76, 57], pages: [["/", 31, 12], ["/b", 45, 45]] },
  ],
  [
    "an engaged time beyond the time since the view is cut to it",
    [view(0, "/"), exit(30, "/", 30_000, 86_400_000)],
    { session: [30, 30], pages: [["/", 30, 30]] },
  ],
  [
    "an engaged time that cannot be is none",
    [view(0, "/"), exit(30, "/", 30_000, -5_000)],
    { session: [30, null], pages: [["/", 30, null]] },
  ],
  [
    "neither is a text, a list, or a number beyond all measure",
    [view(0, "/"), exit(30, "/", -1, "soon"), view(60, "/b"), exit(70, "/b", undefined, 1e300)],
    { session: [70, null], pages: [["/", 60, null], ["/b", 10, null]] },
  ],
  [
    "an engaged time of nothing is one",
    [view(0, "/"), exit(30, "/", 30_000, 0)],
    { session: [0, 0], pages: [["/", 0, 0]] },
  ],
  [
    "thirty minutes are no idle gap, a millisecond more is",
    [view(0, "/"), view(1800, "/b"), view(3600.001, "/c")],
    { session: [1800, null], pages: [["/", 1800, null], ["/b", null, null], ["/c", null, null]] },
  ],
];

for (const engine of engines()) {
  for (const [title, events, expected] of CASES) {
    Deno.test(`${title} (${engine.name})`, async () => {
      await using app = await testApp({ engine });
      await app.collect(events);
      await app.etl();
      assertEquals(await times(app), expected);

      // One after the other, the last first.
      await app.db.exec("truncate events_log, user_sessions, pageviews, user_events, session_rows");
      for (const event of events.toReversed()) {
        await app.collect(event);
        await app.rows("select process_events()");
      }
      assertEquals(await times(app), expected);

      await app.rows(
        "update user_sessions set duration_seconds = 86400, engaged_seconds = null, idle = null",
      );
      await app.rows("update pageviews set time_on_page_seconds = 86400, engaged_seconds = null");
      await app.rows("select begin_rebuild(null, '-infinity', 'infinity')");
      await app.etl();
      assertEquals(await times(app), expected);
    });
  }

  Deno.test(`two events of one session, weeks apart, move no mean, and the median stands beside it (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    const visit = (
      n: number,
    ) => [view(n * 10, "/", `sess_${n}`), exit(n * 10 + 60, "/", 60_000, 40_000, `sess_${n}`)];
    await app.collect([1, 2, 3, 4, 5, 6, 7, 8].flatMap(visit));
    await app.collect([
      event("click", 0, "/", {}, "sess_9"),
      event("click", -29 * 24 * HOURS, "/", {}, "sess_9"),
      view(-100, "/", "sess_10"),
      exit(1100, "/", 1_200_000, 1_200_000, "sess_10"),
    ]);
    await app.etl();
    for (const state of ["open", "closed"]) {
      const answer = await ask(app, "/sites/example-com/overview?from=2026-02-01&to=2026-03-31&compare=none");
      const { current, medians } = await answer.json();
      assertEquals({ state, ...current, medians }, {
        state,
        visitors: 10,
        sessions: 10,
        pageviews: 9,
        events: 11,
        bounceRate: 1,
        sessionSeconds: (8 * 40 + 1200) / 10,
        engagedSeconds: (8 * 40 + 1200) / 9,
        pagesPerSession: 0.9,
        medians: { sessionSeconds: 40, engagedSeconds: 40 },
      });
      await app.rows("select roll_up_stale_days()");
    }
  });
}

Deno.test("a session that a server keeps going for ever is not read again for each of its events", async () => {
  await using app = await testApp();
  await app.collect([event("job", 0, "/"), event("job", 2 * HOURS, "/"), event("job", 2 * HOURS + 10, "/")]);
  await app.rows("select process_events()");
  // What is not read is not missed.
  await app.rows("delete from user_events where event_timestamp < $1", [at(HOURS)]);
  await app.collect(batch([{ eventType: "job", timestamp: at(2 * HOURS + 30), eventData: {}, path: "/" }]));
  await app.rows("select process_events()");
  assertEquals((await times(app)).session, [30, null]);
});
