import { assertEquals } from "@std/assert";
import { Networks } from "../events/networks.ts";
import { saveSite } from "../db/site_directory.ts";
import { runAllJobs } from "../etl/run.ts";
import { Overview } from "../routes/stats/overview.ts";
import { Realtime } from "../routes/stats/realtime.ts";
import { Timeseries } from "../routes/stats/timeseries.ts";
import { bigFigures, getPage, texts } from "./dashboard_page.ts";
import { at, batch, CHROME, pageview, type TestApp, testApp } from "./fixtures.ts";
import { ask, NOTHING } from "./stats_shop.ts";
import { engines } from "./test_database.ts";
import { JOB_CONTEXT } from "./upgraded.ts";

const GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const HEADLESS = CHROME.replace("Chrome", "HeadlessChrome");
const DAY = "from=2026-03-10&to=2026-03-10";

/** A pageview of a visitor of its own. */
const visit = (name: string, more: Record<string, unknown> = {}) =>
  pageview({ siteId: "shop", sessionId: `s_${name}`, visitorId: `v_${name}`, ...more });

const verdicts = async (app: TestApp) => {
  const rows = await app.rows(
    `select session_id, visitor_id, bot from events_log
     order by created_at, session_id, visitor_id, event_type desc`,
  );
  return rows.map(({ session_id, bot }) => [session_id, bot]);
};

const botDays = (app: TestApp) =>
  app.rows("select site_id, day, bot, pageviews, events from bot_days order by 1, 2, 3");

async function overviewOf(app: TestApp, site = "shop") {
  const answer = await (await ask(app, `/sites/${site}/overview?${DAY}`)).json();
  const { current, bots } = Overview.parse(answer);
  return { current, bots };
}

for (const engine of engines()) {
  Deno.test(`a bot's events are counted apart, and in no table, view or figure (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    await app.collect(visit("person"));
    await app.collect(visit("google", { browser: { userAgent: GOOGLEBOT } }));
    await app.collect(visit("headless", { browser: {} }), { "user-agent": HEADLESS });
    await app.collect(
      batch([
        { eventType: "click", timestamp: at(5), eventData: {} },
        { eventType: "form_submit", timestamp: at(6), eventData: { formId: "f", formData: { a: "b" } } },
        { eventType: "pageview", timestamp: at(7), eventData: {}, path: "/a" },
        { eventType: "page_exit", timestamp: at(86_400), eventData: {} },
        { noType: true },
      ], { siteId: "shop", sessionId: "s_headless", visitorId: "v_headless" }),
      { "user-agent": HEADLESS },
    );
    await app.etl();

    assertEquals(await verdicts(app), [
      ["s_person", null],
      ["s_google", "Googlebot"],
      ["s_headless", "HeadlessChrome"],
      ["s_headless", "HeadlessChrome"],
    ]);
    assertEquals(await botDays(app), [
      { site_id: "shop", day: "2026-03-10", bot: "Googlebot", pageviews: 1, events: 0 },
      { site_id: "shop", day: "2026-03-10", bot: "HeadlessChrome", pageviews: 2, events: 2 },
      { site_id: "shop", day: "2026-03-11", bot: "HeadlessChrome", pageviews: 0, events: 1 },
    ]);
    for (const table of ["user_sessions", "pageviews", "session_rows", "daily_site_metrics"]) {
      assertEquals([table, await app.rows(`select count(*) as rows from ${table}`)], [table, [{ rows: 1 }]]);
    }
    for (const table of ["user_events", "form_submissions", "events_log_pending"]) {
      assertEquals([table, await app.rows(`select count(*) as rows from ${table}`)], [table, [{ rows: 0 }]]);
    }
    // An event that is not valid is set aside, whoever sent it.
    assertEquals(await app.rows("select count(*) as rows from failed_events"), [{ rows: 1 }]);
    assertEquals(await overviewOf(app), {
      current: {
        ...NOTHING,
        visitors: 1,
        sessions: 1,
        pageviews: 1,
        bounceRate: 1,
        sessionSeconds: 0,
        pagesPerSession: 1,
      },
      bots: {
        pageviews: 3,
        events: 2,
        named: [
          { bot: "HeadlessChrome", pageviews: 2, events: 2 },
          { bot: "Googlebot", pageviews: 1, events: 0 },
        ],
      },
    });
    const { html } = await getPage(app, `/dashboard/shop?${DAY}`);
    assertEquals(bigFigures(html).Visitors, "1");
    assertEquals(texts(html, /<p[^>]* id="bots">(.*?)<\/p>/gs), [
      "Left out: 3 pageviews and 2 events of bots (HeadlessChrome 4, Googlebot 1).",
    ]);
  });
}

Deno.test("a user agent that is sent with the event counts for more than the header's", async () => {
  await using app = await testApp();
  await app.collect(visit("a", { browser: { userAgent: CHROME } }), { "user-agent": GOOGLEBOT });
  await app.collect(visit("b", { browser: { userAgent: GOOGLEBOT } }), { "user-agent": "curl/8.5.0" });
  await app.collect(visit("c", { browser: {} }), { "user-agent": "curl/8.5.0" });
  assertEquals(await verdicts(app), [["s_a", null], ["s_b", "Googlebot"], ["s_c", null]]);
});

Deno.test("a browser that a program drives says so with its pageview, and for what follows in its visit", async () => {
  await using app = await testApp();
  const click = (name: string) =>
    batch([{ eventType: "click", timestamp: at(5), eventData: {} }], {
      siteId: "shop",
      sessionId: `s_${name}`,
      visitorId: `v_${name}`,
    });
  await app.collect(visit("driven", { browser: { webdriver: true } }));
  await app.collect(visit("person", { browser: { webdriver: false } }));
  await app.collect([click("driven"), click("person")]);
  // The same session of another visitor: somebody's tracker gives everybody the same.
  await app.collect({ ...click("driven"), visitorId: "v_other" });
  assertEquals(await verdicts(app), [
    ["s_driven", "webdriver"],
    ["s_person", null],
    ["s_driven", "webdriver"],
    ["s_person", null],
    ["s_driven", null],
  ]);
});

Deno.test("a visit from a host that spams referrers, or from a data centre, is a bot's", async () => {
  await using app = await testApp({ trustProxy: 1, botNetworks: Networks.parse("192.0.2.0/24") });
  const from = (name: string, referrer: string, address = "198.51.100.1") =>
    app.collect(visit(name, { attribution: { referrer } }), { "x-forwarded-for": address });
  await from("spam", "https://semalt.semalt.com/crawler.php?u=https://example.com");
  await from("search", "https://www.google.com/search?q=semalt.com");
  await from("cloud", "direct", "192.0.2.200");
  await from("home", "direct", "192.0.3.200");
  // Of a site that is on the list itself, its own pages.
  await app.collect(visit("own", {
    url: "https://semalt.com/b",
    attribution: { referrer: "https://semalt.com/a" },
  }));
  assertEquals(await verdicts(app), [
    ["s_spam", "referrer spam"],
    ["s_search", null],
    ["s_cloud", "data centre"],
    ["s_home", null],
    ["s_own", null],
  ]);
});

Deno.test("a site that counts bots counts them, from then on", async () => {
  await using app = await testApp();
  await app.collect(visit("first", { browser: { userAgent: GOOGLEBOT } }));
  await app.etl();
  await saveSite(app.db, { siteId: "shop", countBots: true });
  await app.collect(visit("second", { browser: { userAgent: GOOGLEBOT } }));
  await app.etl();
  assertEquals(await app.rows("select session_id from user_sessions"), [{ session_id: "s_second" }]);
  assertEquals(await botDays(app), [
    { site_id: "shop", day: "2026-03-10", bot: "Googlebot", pageviews: 1, events: 0 },
  ]);
});

Deno.test("a bot's event that is sent twice counts once, and its day is the site's own", async () => {
  await using app = await testApp();
  await saveSite(app.db, { siteId: "shop", timezone: "Pacific/Auckland" });
  const event = visit("a", {
    eventId: "0193e0c2-8d7e-7000-8000-000000000001",
    browser: { userAgent: GOOGLEBOT },
  });
  await app.collect(event);
  await app.etl();
  await app.collect(event);
  await app.etl();
  assertEquals(await botDays(app), [
    { site_id: "shop", day: "2026-03-11", bot: "Googlebot", pageviews: 1, events: 0 },
  ]);
});

Deno.test("a day names 200 bots at most, and counts the others together", async () => {
  await using app = await testApp();
  const view = (i: number) =>
    visit(`v${i}`, { browser: { userAgent: `n${String(i).padStart(3, "0")}bot/1.0` } });
  await app.collect(Array.from({ length: 150 }, (_, i) => view(i)));
  await app.etl();
  await app.collect(Array.from({ length: 150 }, (_, i) => view(i + 100)));
  await app.etl();
  assertEquals(
    await app.rows(
      `select count(*) as names, sum(pageviews) as pageviews, max(pageviews) filter (where bot = 'other') as others,
         min(pageviews) filter (where bot between 'n100bot' and 'n149bot') as twice
       from bot_days`,
    ),
    [{ names: 201, pageviews: 300, others: 50, twice: 2 }],
  );
});

Deno.test("realtime leaves out what bots have just sent", async () => {
  await using app = await testApp();
  const timestamp = new Date().toISOString();
  await app.collect([
    visit("person", { timestamp }),
    visit("google", { timestamp, browser: { userAgent: GOOGLEBOT } }),
  ]);
  const { visitors } = Realtime.parse(await (await ask(app, "/sites/shop/realtime")).json());
  assertEquals(visitors, 1);
});

Deno.test("a site of which only bots have come says so where it waits for its first event", async () => {
  await using app = await testApp();
  await app.collect(
    visit("google", { timestamp: new Date().toISOString(), browser: { userAgent: GOOGLEBOT } }),
  );
  await app.etl();
  const { html } = await getPage(app, "/dashboard/shop");
  assertEquals(texts(html, /<p[^>]* id="bots">(.*?)<\/p>/gs), [
    "Left out: 1 pageview of bots (Googlebot 1).",
  ]);
});

Deno.test("the time series and the chart tell from which day on bots are left out", async () => {
  await using app = await testApp();
  await saveSite(app.db, { siteId: "shop", timezone: "Europe/Berlin" });
  await app.collect([visit("a"), visit("b", { timestamp: at(3 * 86_400) })]);
  await app.etl();
  const changes = async (range: string) =>
    Timeseries.parse(await (await ask(app, `/sites/shop/timeseries?${range}`)).json()).definitionChanges;
  assertEquals(await changes("from=2026-03-10&to=2026-03-13"), []);
  await app.rows("insert into definition_changes values ('bots', '2026-03-11 23:30Z')");
  assertEquals(await changes("from=2026-03-10&to=2026-03-13"), [{ day: "2026-03-12", change: "bots" }]);
  assertEquals(await changes("from=2026-03-13&to=2026-03-13"), []);
  const { html } = await getPage(app, "/dashboard/shop?from=2026-03-12&to=2026-03-13");
  assertEquals(texts(html, /<p class="chart-foot[^"]*">(.*?)<\/p>/gs), [
    "Since 12 Mar 2026 bots are left out. Days before count them.",
  ]);
  await saveSite(app.db, { siteId: "shop", countBots: true });
  assertEquals(await changes("from=2026-03-10&to=2026-03-13"), []);
});

Deno.test("an event that was set aside keeps its verdict when it is tried again", async () => {
  await using app = await testApp();
  await app.collect(
    batch([{ eventType: "click", timestamp: at(5), eventData: {} }, { noType: 1 }], {
      siteId: "shop",
      sessionId: "s",
      visitorId: "v",
    }),
    { "user-agent": GOOGLEBOT },
  );
  await app.etl();
  await app.rows("select retry_failed_events('shop')");
  await runAllJobs({ ...JOB_CONTEXT, db: app.db });
  assertEquals(await app.rows("select bot from events_log order by id"), [{ bot: "Googlebot" }, {
    bot: "Googlebot",
  }]);
  assertEquals(await botDays(app), [
    { site_id: "shop", day: "2026-03-10", bot: "Googlebot", pageviews: 0, events: 1 },
  ]);
});
