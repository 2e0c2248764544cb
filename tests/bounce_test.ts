import { assertEquals } from "@std/assert";
import { AUTOMATIC_EVENTS } from "./automatic_events.ts";
import { at, batch, pageview, type TestApp, testApp } from "./fixtures.ts";
import { ask, DAYS } from "./stats_shop.ts";
import { engines } from "./test_database.ts";

const view = (sessionId: string, seconds = 0, path = "/") =>
  pageview({ siteId: "shop", sessionId, visitorId: sessionId, path, timestamp: at(seconds) });
const event = (sessionId: string, eventType: string, seconds = 10) => ({
  siteId: "shop",
  sessionId,
  visitorId: sessionId,
  eventType,
  timestamp: at(seconds),
  path: "/",
});

/** The names of the sessions that are bounces, and the rate as the API, its lists and the documented table say it. */
async function bounces(app: TestApp) {
  const sessions = await app.rows("select session_id from user_sessions where bounce order by 1");
  const get = async (path: string) => await (await ask(app, `/sites/shop/${path}${DAYS}`)).json();
  const { current } = await get("overview?");
  const { rows } = await get("breakdown/channel?");
  const filtered = await get("overview?filter=channel:is:Direct&");
  const hours = await get("timeseries?interval=hour&");
  await app.rows("call calculate_daily_metrics('2026-03-10', '2026-03-11')");
  const days = await app.rows("select bounce_rate from daily_site_metrics order by metric_date");
  return {
    sessions: sessions.map(({ session_id }) => session_id),
    rates: [
      current.bounceRate,
      rows[0]?.bounceRate,
      filtered.current.bounceRate,
      hours.buckets.find(({ sessions }: { sessions: number }) => sessions > 0)?.bounceRate,
      days[0]?.bounce_rate,
    ],
  };
}

const rates = (rate: number | null) => [rate, rate, rate, rate, rate];

for (const engine of engines()) {
  Deno.test(`an event of the site's own ends a bounce, what the tracker sends by itself does not (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    await app.collect([
      view("reads"),
      ...AUTOMATIC_EVENTS.map((type) => event("reads", type)),
      view("leaves"),
      view("signs up"),
      event("signs up", "signup"),
      view("writes"),
      event("writes", "form_start"),
      event("writes", "form_submit"),
      view("walks"),
      view("walks", 60, "/next"),
      batch([event("server", "purchase"), event("server", "refund", 20)], {
        siteId: "shop",
        sessionId: "server",
        visitorId: "server",
      }),
    ]);
    await app.etl();
    const expected = { sessions: ["leaves", "reads"], rates: rates(0.4) };
    assertEquals(await bounces(app), expected);

    // As a release before this one left it.
    await app.db.exec("update user_sessions set bounce = pageview_count < 2");
    await app.db.exec("update session_rows set bounced = pageviews < 2, definitions = 2");
    await app.rows("select begin_rebuild(null, '-infinity', 'infinity')");
    while ((await app.rows("select rebuild_slice(1000) as sessions"))[0]!.sessions !== null);
    assertEquals(await bounces(app), expected);
  });

  Deno.test(`a bounce is one whichever of its events comes first (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    const arrivals = [
      [view("a"), event("b", "signup"), event("c", "click"), event("d", "signup"), view("e"), view("f")],
      [
        event("a", "click"),
        view("b"),
        view("c"),
        event("d", "click"),
        event("e", "signup"),
        view("f", 60, "/next"),
      ],
      [view("d"), event("c", "scroll"), event("e", "click")],
    ];
    const seen = [];
    for (const events of arrivals) {
      await app.collect(events);
      await app.etl();
      seen.push(await bounces(app));
    }
    assertEquals(seen, [
      { sessions: ["a", "e", "f"], rates: rates(1) },
      { sessions: ["a", "c"], rates: rates(0.4) },
      { sessions: ["a", "c"], rates: [1 / 3, 1 / 3, 1 / 3, 1 / 3, 0.3333] },
    ]);
  });

  Deno.test(`of sessions without a pageview there is no bounce rate (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    await app.collect([event("server", "purchase"), event("cron", "click")]);
    await app.etl();
    assertEquals(await bounces(app), { sessions: [], rates: rates(null) });
  });

  Deno.test(`steps of one moment convert in the order in which they were sent (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    // Ids that tell nothing of the order, as crypto.randomUUID draws them; the first one is the greatest.
    const id = (digit: string, sessionId: string) =>
      `${digit.repeat(8)}-0000-4000-8000-${sessionId.repeat(12)}`;
    const tick = (sessionId: string, names: string[]) =>
      names.map((name, i) => ({ ...event(sessionId, name), eventId: id("fedcba98"[i]!, sessionId) }));
    await app.collect([
      ...["1", "2", "3"].flatMap((
        sessionId,
      ) => [view(sessionId), ...tick(sessionId, ["open", "signup", "pay"])]),
      batch(tick("4", ["open", "signup", "pay"]), { siteId: "shop", sessionId: "4", visitorId: "4" }),
    ]);
    for (const name of ["open", "signup", "pay"]) await app.collect(event("5", name, 30));
    await app.collect(tick("6", ["pay", "signup", "open"]));
    await app.etl();
    for (const by of ["session", "visitor"]) {
      const answer = await ask(
        app,
        `/sites/shop/funnel?by=${by}&${DAYS}&step=event:open&step=event:signup&step=event:pay`,
      );
      const { steps } = await answer.json();
      assertEquals(steps.map(({ count }: { count: number }) => count), [6, 5, 5], by);
    }
    const pages = await ask(app, `/sites/shop/funnel?${DAYS}&step=page:/&step=event:open`);
    const { steps } = await pages.json();
    assertEquals(steps.map(({ count }: { count: number }) => count), [3, 3]);
  });
}
