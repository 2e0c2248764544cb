import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { CHANNELS } from "../events/channel.ts";
import { fillDatabase } from "../traffic/fill.ts";
import { traffic } from "../traffic/traffic.ts";
import { testApp } from "./fixtures.ts";
import { engines } from "./test_database.ts";

const UNTIL = new Date("2026-11-20T10:30:00Z");
const DAY_MS = 24 * 60 * 60_000;
const OPTIONS = { siteId: "shop", events: 3_000, days: 14, seed: 7, until: UNTIL };

Deno.test("traffic is the same for the same options, and otherwise for another seed or site", () => {
  const posts = [...traffic(OPTIONS)];

  assertEquals([...traffic(OPTIONS)], posts);
  const bodies = new Set(posts.flatMap(({ eventIds }) => eventIds));
  for (const other of [{ seed: 8 }, { siteId: "blog" }]) {
    const ids = [...traffic({ ...OPTIONS, ...other })].flatMap(({ eventIds }) => eventIds);
    assertEquals(ids.filter((id) => bodies.has(id)), []);
  }
});

Deno.test("traffic at another time has the same ids and events", () => {
  const told = (until: Date) =>
    [...traffic({ ...OPTIONS, until })].flatMap(({ eventIds, events }) => `${eventIds} ${events}`).sort();

  assertEquals(told(new Date(UNTIL.getTime() + 5 * DAY_MS + 12_345)), told(UNTIL));
});

Deno.test("traffic has just as many events as are asked for, in the order of sending, within its days", () => {
  for (const events of [1, 2, 999, 20_000]) {
    const posts = [...traffic({ ...OPTIONS, events })];
    const times = posts.map(({ sentAt }) => sentAt);

    assertEquals(posts.reduce((sum, post) => sum + post.events, 0), events);
    assertEquals(times, times.toSorted((a, b) => a - b));
    assertGreater(times[0]!, UNTIL.getTime() - (OPTIONS.days + 1) * DAY_MS);
    assertLess(times.at(-1)!, UNTIL.getTime());
  }
});

for (const engine of engines()) {
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${engine.name})`, fn);

  test("traffic is stored once, and becomes as many events as it has", async () => {
    await using app = await testApp({ engine });
    await fillDatabase(app.db, { ...OPTIONS, ipMode: "truncate" });
    await app.etl();
    const count = () =>
      app.rows(
        `select (select count(*) from pageviews) + (select count(*) from user_events)
                  + (select count(*) from failed_events) + (select sum(pageviews + events) from bot_days) as events,
                (select count(*) from events_log) as rows,
                (select sum(total_sessions) = (select count(*) from user_sessions) from daily_site_metrics) as days_add_up`,
      );
    const before = await count();
    assertEquals(before[0]!.events, OPTIONS.events);
    assertEquals(before[0]!.days_add_up, true);

    const later = new Date(UNTIL.getTime() + 90_000);
    await fillDatabase(app.db, { ...OPTIONS, until: later, ipMode: "truncate" });
    await app.etl();

    assertEquals(await count(), before);
    assertEquals(await app.rows("select from failed_events"), []);
  });
}

Deno.test("traffic looks like a shop's: bounces, returning visitors, sources, channels, countries, forms", async () => {
  await using app = await testApp();
  await fillDatabase(app.db, { ...OPTIONS, events: 20_000, ipMode: "truncate" });
  await app.etl();

  const [shape] = await app.rows(`
    select avg(bounce::int) between 0.35 and 0.6                           as bounces,
           count(distinct visitor_id) between count(*) * 0.5 and count(*) * 0.85 as some_return,
           max(pageview_count) > 10                                        as long_visits,
           count(distinct entry_path) > 15                                 as entry_pages,
           count(*) filter (where utm_campaign is not null) > count(*) * 0.05 as campaigns,
           array_agg(distinct referrer_type order by referrer_type)        as sources
    from user_sessions`);
  assertEquals(shape, {
    bounces: true,
    some_return: true,
    long_visits: true,
    entry_pages: true,
    campaigns: true,
    sources: ["ai", "direct", "email", "referral", "search", "social"],
  });
  const found = async (column: string) => {
    const rows = await app.rows(`select distinct ${column} as found from user_sessions`);
    return new Set(rows.map(({ found }) => found));
  };
  assertEquals(await found("channel"), new Set(CHANNELS));
  const countries = "AT AU BR CA CH DE ES FR GB IN IT JP NL PL SE US".split(" ");
  assertEquals(await found("country"), new Set([...countries, null]));
  assertEquals(
    (await app.rows("select distinct event_type from user_events order by 1")).map(({ event_type }) =>
      event_type
    ),
    [
      "add_to_cart",
      "click",
      "form_abandon",
      "form_start",
      "form_submit",
      "page_exit",
      "page_visibility",
      "scroll",
      "scroll_depth",
      "text_copy",
      "video_play",
    ],
  );
  assertEquals(
    await app.rows(
      "select distinct form_data ->> 'card_number' as card from form_submissions where form_id = 'checkout'",
    ),
    [{ card: "[redacted]" }],
  );
  // The busiest hours of the day have several times the visits of the quietest.
  const hours = await app.rows(
    "select count(*) as visits from user_sessions group by extract(hour from session_start at time zone 'UTC') order by 1",
  );
  assertGreater(hours.at(-1)!.visits as number, 3 * (hours[0]!.visits as number));
});
