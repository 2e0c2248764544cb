import { assertEquals } from "@std/assert";
import { browserTest } from "./browser.ts";
import { type Pages, trackedPages, type Visit } from "./tracked_pages.ts";

interface Case {
  title: string;
  pages: Pages;
  /** Runs in each page before anything else. */
  before?: string;
  walk(visit: Visit): Promise<unknown>;
  expected: string[];
  /** What `localStorage` holds after the walk, by the last part of the names, but for events on their way. */
  stored: string[];
}

const BUTTON = { body: "<button>x</button>" };
const WALKED = ["pageview /", "click /", "page_exit /"];

/** A page, a click, and away. */
async function walk(visit: Visit): Promise<void> {
  await visit.open("/");
  await visit.page.click("button");
  await visit.leave();
}

const blocked = (what: string, storage: string): Case => ({
  title: `works where storage ${what}`,
  pages: { "*": BUTTON },
  before: `Object.defineProperty(window, "localStorage", ${storage})`,
  walk,
  expected: WALKED,
  stored: [],
});

const refused = (what: string, flag: string): Case => ({
  title: `sends and stores nothing under ${what}`,
  pages: { "*": BUTTON },
  before: `Object.defineProperty(navigator, ${flag})`,
  walk: (visit) => walk(visit).then(() => visit.open("/again")),
  expected: [],
  stored: [],
});

const switched = (title: string, attributes: string, expected: string[], stored: string[]): Case => ({
  title,
  pages: { "*": { ...BUTTON, attributes } },
  walk,
  expected,
  stored,
});

const CASES: Case[] = [
  blocked("throws", `{ get() { throw new DOMException("denied", "SecurityError"); } }`),
  blocked("is missing", "{ value: null }"),
  blocked(
    "is read-only",
    `{ value: new Proxy(Object.create({ length: 0 }), { set() { throw new DOMException("full", "QuotaExceededError"); } }) }`,
  ),
  {
    title: "works in a sandboxed frame",
    pages: {
      "/": BUTTON,
      "/outer": {
        attributes: `data-pageview="off" data-click="off"`,
        body: `<iframe sandbox="allow-scripts" src="/"></iframe>`,
      },
    },
    async walk({ page, open, leave }) {
      await open("/outer");
      await page.frameLocator("iframe").locator("button").click();
      await leave();
    },
    expected: WALKED,
    stored: [],
  },
  refused("Do Not Track", `"doNotTrack", { get: () => "1" }`),
  refused("Global Privacy Control", `"globalPrivacyControl", { get: () => true }`),
  switched("nothing on excluded paths", `data-exclude="^/$|^/admin"`, [], []),
  switched("nothing of visitors outside the sample", `data-sample-rate="0"`, [], ["v"]),
  switched("everything of visitors within it", `data-sample-rate="1"`, WALKED, ["s", "t", "v"]),
  switched(
    "not a kind of event that is switched off",
    `data-click="off"`,
    ["pageview /", "page_exit /"],
    ["s", "t", "v"],
  ),
  switched("stores nothing where it is cookieless", "data-cookieless", WALKED, []),
  switched("nothing before consent is given", "data-consent", [], []),
  {
    title: "begins with consent, remembers it, and clears what is stored when it is withdrawn",
    pages: { "*": { ...BUTTON, attributes: "data-consent" } },
    async walk({ page, open, tell, arrived, leave }) {
      await open("/");
      await page.click("button");
      await tell("consent", true);
      await tell("consent", true);
      await arrived(1);
      await open("/next");
      await arrived(3);
      // In one breath: a moment later the click might be on its way.
      await page.evaluate(`document.querySelector("button").click(); footfall("consent", false)`);
      await page.click("button");
      await leave();
      await open("/last");
    },
    expected: ["pageview /", "page_exit /", "pageview /next"],
    stored: ["c"],
  },
];

const READ = `(() => { try { return Object.keys(localStorage ?? {}); } catch { return []; } })()`;

/** Names in the storage of the page in view, without the tracker's prefix, and without events. */
async function storedNames({ page, siteId }: Visit): Promise<string[]> {
  const names = (await page.evaluate(READ) as string[]).map((name) =>
    name.replace(`footfall.${siteId}.`, "")
  );
  return names.filter((name) => !name.startsWith("0")).sort();
}

browserTest("the tracker minds its manners", async (browser) => {
  await using site = await trackedPages();
  const left: Record<string, unknown> = {};
  for (const { title, pages, before, walk, expected } of CASES) {
    // A page without the tracker shows what is left in the storage of the origin.
    const visit = await site.visit(browser, { "/bare": { tracked: false }, ...pages });
    await using _ = visit;
    if (before) await visit.context.addInitScript(before);
    await walk(visit);
    await visit.assertEvents(expected);
    await visit.open("/bare");
    left[title] = {
      stored: await storedNames(visit),
      heard: visit.heard,
      cookies: await visit.context.cookies(),
    };
  }
  assertEquals(
    left,
    Object.fromEntries(CASES.map(({ title, stored }) => [title, { stored, heard: [], cookies: [] }])),
  );
  await site.assertNothingMore();
});

browserTest("without storage the server tells visitor and session", async (browser) => {
  await using site = await trackedPages();
  await using visit = await site.visit(browser, { "*": { ...BUTTON, attributes: "data-cookieless" } });
  await visit.open("/");
  await visit.open("/next");
  await visit.leave();
  await visit.assertEvents(["pageview /", "page_exit /", "pageview /next", "page_exit /next"]);
  assertEquals(
    await visit.sessions(
      "pageview_count, entry_path, exit_path, visitor_id ~ '^vis_\\d{8}_[\\w-]{22}$' as derived",
    ),
    [{ pageview_count: 2, entry_path: "/", exit_path: "/next", derived: true }],
  );
});

browserTest(
  "a strict content security policy needs two words for the tracker, and it adds one global",
  async (browser) => {
    await using site = await trackedPages();
    const { origin } = site.collector;
    const headers = {
      "content-security-policy":
        `default-src 'none'; style-src 'unsafe-inline'; script-src ${origin}; connect-src ${origin}`,
    };
    await using visit = await site.visit(browser, {
      "*": { ...BUTTON, headers },
      "/bare": { tracked: false },
    });
    const globals = () => visit.page.evaluate("Object.getOwnPropertyNames(globalThis)") as Promise<string[]>;
    await visit.open("/bare");
    const before = await globals();
    await visit.open("/");
    assertEquals((await globals()).filter((name) => !before.includes(name)), ["footfall"]);
    await visit.page.click("button");
    await visit.leave();
    await visit.assertEvents(WALKED);
    assertEquals(visit.heard, []);
  },
);
