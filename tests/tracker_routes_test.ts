import { assertEquals } from "@std/assert";
import { browserTest } from "./browser.ts";
import { ADMIN_TOKEN } from "./fixtures.ts";
import { type PageOptions, RUN_TAGS_AGAIN, trackedPages, type Visit } from "./tracked_pages.ts";

/** What a walk through an app leaves in the tables: its pageviews as `path title`, its other events as `type path`. */
interface Case {
  title: string;
  page: PageOptions;
  start?: string;
  walk(visit: Visit): Promise<unknown>;
  pages: string[];
  events: string[];
  /** Columns of its row in `user_sessions`. */
  session?: Record<string, unknown>;
}

const EXIT = "page_exit";
const push = (path: string, method = "pushState") => `history.${method}({}, "", "${path}");`;
const after = (milliseconds: number, code: string) =>
  `await new Promise((done) => setTimeout(done, ${milliseconds}));${code}`;
const run = ({ page }: Visit, code: string) => page.evaluate(`(async () => { ${code} })()`);
const titled = (title: string) => `document.title = "${title}";`;

const CASES: Case[] = [
  {
    title: "an event right after a navigation, and one 50 ms later, are the new page's",
    page: {},
    async walk(visit) {
      await visit.arrived(1);
      await run(
        visit,
        push("/x") + `footfall("event", "at_once");` + after(50, `footfall("event", "soon");`) + titled("X"),
      );
      await visit.arrived(5);
    },
    pages: ["/ Title of /", "/x X"],
    events: [`${EXIT} /`, "at_once /x", "soon /x", `${EXIT} /x`],
  },
  {
    title: "an error while a view mounts is the view's",
    page: {
      head: `<script defer src="TRACKER/vitals.js" data-errors data-web_vitals="off"></script>`,
      attributes: `data-web_vitals="off"`,
    },
    async walk(visit) {
      await visit.arrived(1);
      await run(
        visit,
        push("/broken") + `dispatchEvent(new ErrorEvent("error", { message: "no such item" }));`,
      );
      await visit.arrived(4);
    },
    pages: ["/ Title of /", "/broken Title of /"],
    events: [`${EXIT} /`, "js_error /broken", `${EXIT} /broken`],
  },
  {
    title: "the scrolling of a link to a section is not the page's that was left",
    page: { body: `<p id="shipping" style="margin-top:2400px">s</p>` },
    async walk(visit) {
      await visit.arrived(1);
      await run(visit, push("/faq#shipping") + `document.querySelector("#shipping").scrollIntoView();`);
      await visit.arrived(3);
    },
    pages: ["/ Title of /", "/faq Title of /"],
    events: [`${EXIT} /`, `${EXIT} /faq`],
  },
  {
    title: "a title set long after the address is the view's, the entry's too",
    page: {},
    async walk(visit) {
      await visit.arrived(1);
      await run(visit, titled("Landing") + after(200, push("/late")));
      await visit.arrived(3);
      await run(visit, titled("Late") + after(200, ""));
    },
    pages: ["/ Landing", "/late Late"],
    events: [`${EXIT} /`, `${EXIT} /late`],
    session: { entry_title: "Landing", pageview_count: 2 },
  },
  {
    title: "a title set before the address is the next view's",
    page: { body: "<button>x</button>" },
    async walk(visit) {
      await visit.arrived(1);
      await run(visit, titled("Next") + push("/next"));
      await visit.arrived(3);
      // Astro swaps the head, and a moment later restores the old title for the entry in the history.
      await run(visit, titled("Swapped") + after(20, titled("Next") + push("/swapped") + titled("Swapped")));
      await visit.arrived(5);
      // Solid's router makes the next page at the click, and changes the address once its data is there.
      await run(
        visit,
        `document.querySelector("button").click();` + titled("Loaded") + after(300, push("/loaded")),
      );
      await visit.arrived(8);
    },
    pages: ["/ Title of /", "/next Next", "/swapped Swapped", "/loaded Loaded"],
    events: [`${EXIT} /`, `${EXIT} /next`, "click /swapped", `${EXIT} /swapped`, `${EXIT} /loaded`],
  },
  {
    title: "a tag that the page runs again is no second tracker",
    page: { body: "<button>x</button>" },
    async walk(visit) {
      await visit.arrived(1);
      await run(visit, push("/next") + RUN_TAGS_AGAIN + `document.querySelector("button").click();`);
      await visit.arrived(3);
    },
    pages: ["/ Title of /", "/next Title of /"],
    events: [`${EXIT} /`, "click /next", `${EXIT} /next`],
  },
  {
    title: "redirects are no views, and keep the campaign and the time of the first address",
    page: {
      body: `<script>addEventListener("DOMContentLoaded", () => setTimeout(() => {
        ${push("/items", "replaceState")}
      }, 83))</script>`,
    },
    start: "/old?utm_source=news",
    async walk(visit) {
      await visit.arrived(1);
      await run(visit, push("/y") + after(40, push("/z")));
      await visit.arrived(3);
    },
    pages: ["/items Title of /old", "/z Title of /old"],
    events: [`${EXIT} /items`, `${EXIT} /z`],
    session: { utm_source: "news", entry_path: "/items", pageview_count: 2, bounce: false },
  },
  {
    title: "a view on which something was clicked is none that was redirected",
    page: { body: `<button>x</button>` },
    async walk(visit) {
      await visit.arrived(1);
      await run(visit, push("/a") + `document.querySelector("button").click();` + push("/b"));
      await visit.arrived(5);
    },
    pages: ["/ Title of /", "/a Title of /", "/b Title of /"],
    events: [`${EXIT} /`, "click /a", `${EXIT} /a`, `${EXIT} /b`],
  },
  {
    title: "a search box bound to the query string is one view, and a bounce",
    page: {},
    start: "/search",
    async walk(visit) {
      const type = (q: string) => push(`?q=${q}`, "replaceState");
      await run(visit, type("t") + after(100, type("te")) + after(100, type("tea")));
      await visit.arrived(1);
      await run(visit, type("teas"));
    },
    pages: ["/search Title of /search"],
    events: [`${EXIT} /search`],
    session: { pageview_count: 1, bounce: true },
  },
  {
    title: "queries that the tag ignores tell no pages apart",
    page: { attributes: `data-ignore-query="q, sort"` },
    start: "/list?q=a",
    async walk(visit) {
      await visit.arrived(1);
      await run(visit, push("?sort=up&q=b") + push("?q=c") + push("?q=c&page=2"));
      await visit.arrived(3);
    },
    pages: ["/list Title of /list", "/list Title of /list"],
    events: [`${EXIT} /list`, `${EXIT} /list`],
  },
  {
    title: "where the tag ignores the whole query, the path alone tells pages apart",
    page: { attributes: "data-ignore-query" },
    start: "/list?q=a",
    async walk(visit) {
      await visit.arrived(1);
      await run(visit, push("?q=b&page=2") + push("/item?q=b"));
      await visit.arrived(3);
    },
    pages: ["/list Title of /list", "/item Title of /list"],
    events: [`${EXIT} /list`, `${EXIT} /item`],
  },
  {
    title: "hash routes have paths of their own, without their queries; a campaign in the fragment counts",
    page: { attributes: "data-hash" },
    start: "/#/one?utm_source=news&utm_medium=mail",
    async walk(visit) {
      await visit.arrived(1);
      await run(visit, `location.hash = "/two"; footfall("event", "at_once");`);
      await visit.arrived(4);
      await run(visit, push("/#/two?q=t", "replaceState"));
    },
    pages: ["/#/one Title of /", "/#/two Title of /"],
    events: [`${EXIT} /#/one`, "at_once /#/two", `${EXIT} /#/two`],
    session: { utm_source: "news", utm_medium: "mail", entry_path: "/#/one", exit_path: "/#/two" },
  },
  {
    title: "consent that is given later leaves the referrer as it was",
    page: { attributes: "data-consent" },
    async walk(visit) {
      await visit.page.waitForTimeout(600); // longer than the half second after which a view is stored
      await run(visit, `footfall("consent", true)`);
      await visit.arrived(1);
    },
    pages: ["/ Title of /"],
    events: [`${EXIT} /`],
    session: { referrer_type: "direct", pageview_count: 1 },
  },
];

browserTest("views of single-page apps have their own events, titles and addresses", async (browser) => {
  await using site = await trackedPages();
  const stored: Record<string, unknown> = {};
  const heard: string[] = [];
  for (const { title, page, start = "/", walk, events, pages, session = {} } of CASES) {
    const head = page.head?.replace("TRACKER", site.collector.origin) ?? "";
    await using visit = await site.visit(browser, { "*": { ...page, head } });
    await visit.open(start);
    await walk(visit);
    await visit.leave();
    await visit.arrived(pages.length + events.length);
    const found = await visit.events();
    const columns = Object.keys(session).join(", ") || "site_id";
    stored[title] = {
      pages: found.filter(([type]) => type === "pageview").map(([, path, { title }]) => `${path} ${title}`),
      events: found.filter(([type]) => type !== "pageview").map(([type, path]) => `${type} ${path}`),
      session: (await visit.sessions(columns)).map(({ site_id: _, ...rest }) => rest),
    };
    heard.push(...visit.heard);
  }
  assertEquals(
    stored,
    Object.fromEntries(
      CASES.map(({ title, pages, events, session = {} }) => [title, { pages, events, session: [session] }]),
    ),
  );
  assertEquals(heard, []);
});

browserTest(
  "a page that fits on the screen is seen to its end, a taller one as far as it was scrolled",
  async (browser) => {
    await using site = await trackedPages();
    await using visit = await site.visit(browser, {
      "/short": {},
      "/tall": { body: `<div style="height:2700px"></div>` },
      "/half": { body: `<div style="height:2700px"></div>` },
    });
    await visit.open("/short");
    await visit.arrived(1);
    await visit.open("/tall");
    await visit.arrived(3);
    await visit.open("/half");
    await visit.page.evaluate("scrollTo(0, 1100)");
    await visit.leave();
    await visit.arrived(6);
    await visit.events();
    const scroll = await site.app.request(`/api/v1/sites/${visit.siteId}/scroll?period=7d`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    const { pages } = await scroll.json();
    assertEquals(pages, [
      { value: "/half", pageviews: 1, reached: { "25": 1, "50": 1, "75": 0, "100": 0 } },
      { value: "/short", pageviews: 1, reached: { "25": 1, "50": 1, "75": 1, "100": 1 } },
      { value: "/tall", pageviews: 1, reached: { "25": 0, "50": 0, "75": 0, "100": 0 } },
    ]);
  },
);

browserTest("a browser that a program drives says so with each event, and no other does", async (browser) => {
  await using site = await trackedPages();
  const sent: Record<string, unknown> = {};
  for (const driven of [true, false]) {
    await using visit = await site.visit(browser, { "*": {} });
    if (driven) {
      await visit.context.addInitScript(`Object.defineProperty(navigator, "webdriver", { get: () => true })`);
    }
    await visit.open("/");
    await visit.leave();
    await visit.arrived(2);
    sent[String(driven)] = await site.app.rows(
      `select event_type, raw_event_data #> '{browser,webdriver}' as webdriver from events_log
       where site_id = $1 order by event_type`,
      [visit.siteId],
    );
  }
  const events = (webdriver: true | null) =>
    ["page_exit", "pageview"].map((event_type) => ({ event_type, webdriver }));
  assertEquals(sent, { true: events(true), false: events(null) });
});
