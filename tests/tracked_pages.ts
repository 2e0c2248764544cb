import { assertEquals } from "@std/assert";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import type { Row } from "../db/database.ts";
import { complaints } from "./browser.ts";
import { type TestApp, testApp } from "./fixtures.ts";

/** How a page is served: its HTML, and what its author did to the tracker's tag. */
export interface PageOptions {
  body?: string;
  /** Before the tracker's tag. */
  head?: string;
  /** On the tracker's tag, beside `data-site`. */
  attributes?: string;
  headers?: Record<string, string>;
  /** False for a page without the tracker. */
  tracked?: boolean;
}

/** The pages of a site by path; `*` is every other one. */
export type Pages = Record<string, PageOptions>;

/** The real collector behind a port that can be closed and opened again, and a switch. */
export interface Collector {
  readonly origin: string;
  /** While it is set, answers posts in the app's place, or holds them up and answers nothing. */
  answer: (() => Response | undefined | Promise<Response | undefined>) | undefined;
  /** How many events each post held. */
  readonly posts: number[];
  stop(): Promise<void>;
  start(): void;
}

/** An event as it stands in the tables: `[eventType, path, eventData]`; a pageview's is `{title, referrer}`. */
export type StoredEvent = [string, string, Record<string, unknown>];

/** One browser profile on one site of its own. */
export interface Visit extends AsyncDisposable {
  readonly siteId: string;
  readonly context: BrowserContext;
  page: Page;
  /** What its pages complained about. */
  readonly heard: string[];
  url(path: string): string;
  open(path: string): Promise<void>;
  /** Another tab of the same profile. */
  newTab(): Promise<Page>;
  /** Leaves for a page that is not tracked. */
  leave(): Promise<void>;
  /** Calls `footfall` in the page. */
  tell(...call: unknown[]): Promise<void>;
  /** Waits until so many events of the site are in `events_log`; stops waiting after a while, and says nothing. */
  arrived(count: number): Promise<void>;
  /** Runs the ETL; answers the events in order of time. */
  events(): Promise<StoredEvent[]>;
  /** Waits for these events, as `pageview /path`, and for no others. */
  assertEvents(expected: string[]): Promise<void>;
  /** These columns of its rows in `user_sessions`, the earliest first. */
  sessions(columns: string): Promise<Row[]>;
}

export interface TrackedPages extends AsyncDisposable {
  app: TestApp;
  collector: Collector;
  /** Where pages load the tracker from: the collector, unless a test sets another. */
  trackerOrigin: string;
  visit(browser: Browser, pages: Pages, options?: BrowserContextOptions): Promise<Visit>;
  /** Asserts again what each visit asserted: whatever arrived since came twice, or should not have come. */
  assertNothingMore(): Promise<void>;
}

// A busy machine runs every test file at once.
const PATIENCE_MS = 20_000;

/** Asks until the answer is yes, at most for a while: what is asserted afterwards says better what is missing. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!await isSo() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Pages on one origin and a collector on another (http://127.0.0.1 and http://localhost), on a database of their own. */
export async function trackedPages(): Promise<TrackedPages> {
  const app = await testApp();
  const collector = serveCollector(app);
  const sites = new Map<string, Pages>();
  const kept: { visit: Visit; expected: string[] }[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { hostname, pathname } = new URL(request.url);
    const siteId = hostname.split(".")[0]!;
    const page = sites.get(siteId)?.[pathname] ?? sites.get(siteId)?.["*"];
    if (!page) return new Response(null, { status: pathname === "/favicon.ico" ? 204 : 404 });
    return new Response(html(page, pathname, siteId, site.trackerOrigin), {
      headers: { "content-type": "text/html; charset=utf-8", ...page.headers },
    });
  });
  let count = 0;
  const site: TrackedPages = {
    app,
    collector,
    trackerOrigin: collector.origin,
    async visit(browser, pages, contextOptions = {}) {
      const siteId = `site-${++count}`;
      sites.set(siteId, pages);
      const context = await browser.newContext({
        viewport: { width: 900, height: 700 },
        ...contextOptions,
      });
      // Each site is an origin of its own: names under localhost are this machine, without a look-up.
      const origin = `http://${siteId}.localhost:${server.addr.port}`;
      const visit: Visit = await openVisit(app, siteId, context, origin, (expected) => {
        kept.push({ visit, expected });
      });
      return visit;
    },
    async assertNothingMore() {
      for (const { visit, expected } of kept) {
        assertEquals(told(await visit.events()), expected, `later, of ${visit.siteId}`);
      }
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await collector.stop();
      await app[Symbol.asyncDispose]();
    },
  };
  return site;
}

/** Runs the scripts of a page that came from a URL once more, as Turbo and htmx do when they replace its body. */
export const RUN_TAGS_AGAIN = `for (const tag of document.querySelectorAll("script[src]")) {
  await new Promise((onload) => {
    const again = Object.assign(document.createElement("script"), { onload, src: tag.src });
    Object.assign(again.dataset, tag.dataset);
    tag.replaceWith(again);
  });
}`;

function html(page: PageOptions, path: string, siteId: string, collector: string): string {
  const { head = "", body = "", attributes = "", tracked = true } = page;
  const tag = `<script defer src="${collector}/tracking.js" data-site="${siteId}" ${attributes}></script>`;
  return `<!doctype html><html><head><title>Title of ${path}</title><style>body{margin:0}</style>${head}${
    tracked ? tag : ""
  }</head><body>${body}</body></html>`;
}

function serveCollector(app: TestApp): Collector {
  const posts: number[] = [];
  let server: Deno.HttpServer<Deno.NetAddr> | undefined;
  let port = 0;
  let dying = new AbortController();
  const handle = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url);
    const { method, headers } = request;
    if (method !== "POST") return await app.request(pathname + search, { method, headers });
    const body = await request.text();
    posts.push(JSON.parse(body).length);
    return await collector.answer?.() ?? await app.request(pathname, { method, headers, body });
  };
  const collector: Collector = {
    posts,
    answer: undefined,
    get origin() {
      return `http://localhost:${port}`;
    },
    start() {
      dying = new AbortController();
      const { signal } = dying;
      server = Deno.serve({ port, hostname: "127.0.0.1", signal, onListen: () => {} }, handle);
      port = server.addr.port;
    },
    async stop() {
      dying.abort();
      await server?.finished;
    },
  };
  collector.start();
  return collector;
}

const EVENTS = `
  select event_type, path, event_data
  from (
    select view_timestamp as at, 'pageview' as event_type, path,
      jsonb_build_object('title', title, 'referrer', referrer) as event_data
    from pageviews where site_id = $1
    union all
    select event_timestamp, event_type, page_path, event_data from user_events where site_id = $1
  ) as events
  order by at, event_type collate "C", (event_data ->> 'milestone')::integer`;

async function openVisit(
  app: TestApp,
  siteId: string,
  context: BrowserContext,
  origin: string,
  keep: (expected: string[]) => void,
): Promise<Visit> {
  const heard: string[][] = [];
  const newTab = async () => {
    const page = await context.newPage();
    heard.push(complaints(page));
    return page;
  };
  const visit: Visit = {
    siteId,
    context,
    get heard() {
      return heard.flat();
    },
    page: await newTab(),
    newTab,
    url: (path) => origin + path,
    async open(path) {
      await visit.page.goto(origin + path);
    },
    async leave() {
      await visit.page.goto("about:blank");
    },
    tell: (...call) => visit.page.evaluate(`void footfall(...${JSON.stringify(call)})`),
    arrived: (count) =>
      until(async () => {
        const [log] = await app.rows("select count(*) as count from events_log where site_id = $1", [siteId]);
        return Number(log!.count) >= count;
      }),
    async events() {
      await app.etl();
      const rows = await app.rows(EVENTS, [siteId]);
      return rows.map((row) => [row.event_type, row.path, row.event_data] as StoredEvent);
    },
    async assertEvents(expected) {
      await visit.arrived(expected.length);
      assertEquals(told(await visit.events()), expected);
      keep(expected);
    },
    sessions: (columns) =>
      app.rows(`select ${columns} from user_sessions where site_id = $1 order by session_start`, [siteId]),
    [Symbol.asyncDispose]: () => context.close(),
  };
  return visit;
}

function told(events: StoredEvent[]): string[] {
  return events.map(([eventType, path]) => `${eventType} ${path}`);
}
