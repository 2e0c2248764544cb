import { assertEquals } from "@std/assert";
import { browserTest, FULL_CHROMIUM, launch } from "./browser.ts";
import { ADMIN_TOKEN } from "./fixtures.ts";
import { type Pages, trackedPages, type Visit } from "./tracked_pages.ts";

/** What a walk leaves behind: its events as `type /path`, and `columns` of its row in `user_sessions`. */
interface Case {
  title: string;
  pages: Pages;
  walk(visit: Visit): Promise<unknown>;
  expected: string[];
  columns?: string;
  session?: Record<string, unknown>;
}

const TALL = `<a id="section" href="#section">s</a><div style="height:1700px"></div>`;
const VISIT = "pageview_count, entry_path, exit_path, bounce";

const CASES: Case[] = [
  {
    title: "three pages are one session",
    pages: { "*": { body: `<a href="/prices">p</a>` } },
    async walk(visit) {
      await visit.open("/?utm_source=news&utm_medium=mail");
      // What is sent while a page is left has no language in the headless shell.
      await visit.arrived(1);
      await visit.page.click("a");
      await visit.page.waitForURL("**/prices");
      await visit.open("/about");
      await visit.leave();
    },
    expected: [
      "pageview /",
      "click /",
      "page_exit /",
      "pageview /prices",
      "page_exit /prices",
      "pageview /about",
      "page_exit /about",
    ],
    columns: `${VISIT}, utm_source, utm_medium, screen_width, viewport_width, browser_language, timezone`,
    session: {
      pageview_count: 3,
      entry_path: "/",
      exit_path: "/about",
      bounce: false,
      utm_source: "news",
      utm_medium: "mail",
      screen_width: 900,
      viewport_width: 900,
      browser_language: "en-GB",
      timezone: "Asia/Tokyo",
    },
  },
  {
    title: "a single-page app's routes are pageviews, each with its own scroll depths",
    pages: { "*": { body: TALL } },
    async walk({ page, open, leave, arrived }) {
      await open("/start");
      // At once: half a second later the rest of the scrolling would be an event, too.
      await page.evaluate(`new Promise((done) => {
        const go = () => done(history.pushState({}, "", "/two?x=1"));
        // Not within the millisecond of the scrolling: an exit is dated before the view that follows.
        addEventListener("scroll", () => setTimeout(go, 5), { once: true });
        scrollTo(0, 600);
      })`);
      await arrived(5);
      await page.evaluate(`history.replaceState({}, "", "/three")`);
      await arrived(7);
      // Neither a new state of the same address nor a fragment is another page.
      await page.evaluate(`history.replaceState({ same: true }, "", "/three")`);
      await page.evaluate(`history.pushState({}, "", "#section")`);
      await page.goBack();
      await page.goBack();
      await arrived(9);
      await leave();
    },
    expected: [
      "pageview /start",
      "scroll_depth /start",
      "scroll_depth /start",
      "page_exit /start",
      "pageview /two",
      "page_exit /two",
      "pageview /three",
      "page_exit /three",
      "pageview /start",
      "page_exit /start",
    ],
    columns: VISIT,
    session: { pageview_count: 4, entry_path: "/start", exit_path: "/start", bounce: false },
  },
  {
    title: "hash routes are pageviews where the tag asks for it",
    pages: { "*": { attributes: "data-hash" } },
    async walk({ page, open, leave, arrived }) {
      await open("/#/one");
      await arrived(1);
      await page.evaluate(`location.hash = "/two"`);
      await arrived(3);
      await leave();
    },
    expected: ["pageview /#/one", "page_exit /#/one", "pageview /#/two", "page_exit /#/two"],
  },
  {
    title: "two tabs share a session",
    pages: { "*": {} },
    async walk(visit) {
      await visit.open("/one");
      await visit.arrived(1);
      const second = await visit.newTab();
      await second.goto(visit.url("/two"));
      await visit.arrived(2);
      await second.goto("about:blank");
      await visit.arrived(3);
      await visit.leave();
    },
    expected: ["pageview /one", "pageview /two", "page_exit /two", "page_exit /one"],
    columns: VISIT,
    session: { pageview_count: 2, entry_path: "/one", exit_path: "/two", bounce: false },
  },
  {
    title: "a referrer on another origin gives the session its referrer type",
    pages: { "*": {} },
    async walk({ page, url, leave }) {
      // The search engine is played by the test: only its page is, the way from there is the browser's own.
      await page.route(
        "http://www.google.com/**",
        (route) => route.fulfill({ contentType: "text/html", body: `<a href="${url("/landing")}">go</a>` }),
      );
      await page.goto("http://www.google.com/search?q=tea");
      await page.click("a");
      await page.waitForURL("**/landing");
      await leave();
    },
    expected: ["pageview /landing", "page_exit /landing"],
    columns: "referrer_type, referrer_platform, original_referrer",
    session: {
      referrer_type: "search",
      referrer_platform: "google",
      original_referrer: "http://www.google.com/",
    },
  },
  {
    title: "a tab closed mid-batch",
    pages: { "*": { body: "<button>x</button>" } },
    async walk({ page, open, arrived }) {
      await open("/");
      await arrived(1);
      for (let i = 0; i < 7; i++) await page.click("button");
      await page.close();
    },
    expected: ["pageview /", ...Array(7).fill("click /"), "page_exit /"],
  },
];

browserTest("a walk through a site arrives as events and as a session", async (browser) => {
  await using site = await trackedPages();
  for (const { title, pages, walk, expected, columns, session } of CASES) {
    await using visit = await site.visit(browser, pages, { locale: "en-GB", timezoneId: "Asia/Tokyo" });
    await walk(visit);
    await visit.assertEvents(expected);
    assertEquals(await visit.sessions(columns ?? "site_id"), [session ?? { site_id: visit.siteId }], title);
    assertEquals(visit.heard, [], title);
  }
  await site.assertNothingMore();
});

browserTest("time away from a page is not engaged time", async (browser) => {
  await using site = await trackedPages();
  await using visit = await site.visit(browser, { "*": {} });
  const hide = (hidden: boolean) =>
    visit.page.evaluate(`Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }))`);
  await visit.open("/");
  await hide(true);
  await visit.page.waitForTimeout(1200); // what is tested is time
  await hide(false);
  await visit.leave();
  await visit.arrived(4);
  const [, , , [, , { timeSpent, engagedTime }]] = await visit.events() as never as [
    never,
    never,
    never,
    [string, string, Record<string, number>],
  ];
  const away = timeSpent! - engagedTime!;
  assertEquals({ away: away >= 1200 && away < 2000, engaged: engagedTime! > 0 }, {
    away: true,
    engaged: true,
  });
});

browserTest("a page restored from the back-forward cache is viewed again", async () => {
  const browser = await launch(FULL_CHROMIUM, { ignoreDefaultArgs: ["--disable-back-forward-cache"] });
  try {
    await using site = await trackedPages();
    await using visit = await site.visit(browser, { "*": {} });
    await visit.open("/one");
    await visit.arrived(1);
    await visit.page.evaluate("globalThis.kept = true");
    await visit.page.evaluate(`location.href = "/two"`);
    await visit.arrived(3);
    await visit.page.evaluate("void history.back()");
    await visit.arrived(5);
    assertEquals(await visit.page.evaluate("globalThis.kept"), true);
    await visit.leave();
    await visit.arrived(6);
    // A restored page is shown before the one in front of it is told that it was left.
    assertEquals((await visit.events()).map(([type, path]) => `${type} ${path}`).sort(), [
      "page_exit /one",
      "page_exit /one",
      "page_exit /two",
      "pageview /one",
      "pageview /one",
      "pageview /two",
    ]);
    assertEquals(await visit.sessions("pageview_count, exit_path"), [{
      pageview_count: 3,
      exit_path: "/one",
    }]);
  } finally {
    await browser.close();
  }
  // The headless shell has no such cache.
}, FULL_CHROMIUM);

browserTest("one site on two hosts has a visitor for each, and one without storage", async (browser) => {
  await using site = await trackedPages();
  const counted: Record<string, unknown> = {};
  for (const attributes of ["", "data-cookieless"]) {
    await using visit = await site.visit(browser, { "*": { attributes } });
    await visit.open("/");
    await visit.arrived(1);
    // `siteId.www.localhost`: another origin, and the same pages.
    await visit.page.goto(visit.url("/shop").replace(".localhost", ".www.localhost"));
    await visit.leave();
    await visit.arrived(4);
    await visit.events();
    counted[attributes] = await site.app.rows(
      `select count(distinct visitor_id) as visitors, count(*) as sessions, sum(pageview_count)::integer as pageviews
       from user_sessions where site_id = $1`,
      [visit.siteId],
    );
  }
  assertEquals(counted, {
    "": [{ visitors: 2, sessions: 2, pageviews: 2 }],
    "data-cookieless": [{ visitors: 1, sessions: 1, pageviews: 2 }],
  });
});

browserTest(
  "events of one tick convert in their order, and those that the stub kept follow the pageview",
  async (browser) => {
    await using site = await trackedPages();
    const stub = `<script>
    window.footfall = window.footfall || function () { (footfall.q = footfall.q || []).push(arguments); };
    for (const name of ["open", "fill", "signup"]) footfall("event", name);
  </script>`;
    await using visit = await site.visit(browser, { "*": { head: stub } });
    for (let i = 0; i < 4; i++) {
      // Each in a session of its own.
      await visit.open("/");
      await visit.page.evaluate(`for (const name of ["ask", "pay", "rate"]) footfall("event", name)`);
      await visit.leave();
      await visit.arrived(8 * (i + 1));
      await visit.page.goto(visit.url("/"));
      await visit.page.evaluate("localStorage.clear()");
      await visit.page.context().clearCookies();
    }
    await visit.events();
    const { siteId } = visit;
    const reached = async (...steps: string[]) => {
      const answer = await site.app.request(
        `/api/v1/sites/${siteId}/funnel?period=7d&by=session&${
          steps.map((step) => `step=${step}`).join("&")
        }`,
        { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } },
      );
      const { steps: found } = await answer.json();
      return found.map(({ count }: { count: number }) => count);
    };
    const sessions = (await visit.sessions("session_id")).length;
    const all = (count: number) => Array.from({ length: count }, () => sessions);
    assertEquals(sessions, 4);
  assertEquals(await reached("page:/", "event:open", "event:fill", "event:signup"), all(4));
    assertEquals(await reached("event:ask", "event:pay", "event:rate"), all(3));
  },
);
