import type { Row } from "../db/database.ts";
import type { EventWriter } from "../db/event_writer.ts";
import { openIngestion } from "../db/ingestion.ts";
import type { RefusedOrigins } from "../db/refused_origins.ts";
import { Spool } from "../db/spool.ts";
import { type JobRun, runAllJobs } from "../etl/run.ts";
import { VisitorDirectory } from "../events/visitor.ts";
import { setLogLevel } from "../log.ts";
import { createApp } from "../routes/app.ts";
import type { AppOptions, AppServices } from "../routes/services.ts";
import { type WebAssets, webAssets } from "../web/assets.ts";
import { startProxy, type TcpProxy } from "./tcp_proxy.ts";
import {
  EMBEDDED,
  openTarget,
  serverEngines,
  type TestDatabase,
  type TestEngine,
  type TestOptions,
} from "./test_database.ts";

// The tests provoke what is logged; it would drown their report.
setLogLevel("error");

export const ADMIN_TOKEN = "test-admin-token";

/** Compressing takes 170 ms, so only the files do it that have an app. */
let compressed: Promise<WebAssets> | undefined;

/** What a test runs on that is not about SQL: a Postgres server, or with `--quick` the embedded database. */
export function anyServer(): TestEngine {
  return serverEngines()[0] ?? EMBEDDED;
}

export interface TestApp extends AsyncDisposable {
  db: TestDatabase;
  events: EventWriter;
  refusedOrigins: RefusedOrigins;
  /** Between the app and its database, where the test asked for one; `rows` goes past it. */
  proxy: TcpProxy | undefined;
  /** Posts to `/collect`: an object or array as JSON, a string as it is. */
  collect(body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Any request, without a port; from the address 203.0.113.77. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Every route that is mounted, as `GET /health`. */
  routes: string[];
  /** Runs every job once. */
  etl(): Promise<JobRun[]>;
  rows(sql: string, params?: unknown[]): Promise<Row[]>;
}

/** The whole HTTP side on a migrated database of its own. Accepts any site, unless told otherwise. */
export async function testApp(
  options: Partial<AppOptions> & {
    engine?: TestEngine;
    own?: TestOptions["own"];
    spoolPath?: string;
    spoolBytes?: number;
    proxied?: boolean;
    geoip?: AppServices["geoip"];
    botNetworks?: AppServices["botNetworks"];
    /** Questions get connections of their own, on which a statement may take this many milliseconds. */
    statsTimeout?: number;
  } = {},
): Promise<TestApp> {
  const {
    engine = anyServer(),
    own: ownDatabase = false,
    spoolPath,
    spoolBytes = 100_000_000,
    proxied = false,
    geoip,
    botNetworks,
    statsTimeout,
    ...appOptions
  } = options;
  const own = await engine.migrated({ own: ownDatabase });
  const assets = await (compressed ??= webAssets());
  const proxy = proxied ? startProxy(own.url) : undefined;
  const db = proxy ? await openTarget(proxy.url, { poolSize: 2, connectTimeout: 500 }) : own;
  const stats = statsTimeout === undefined
    ? db
    : await openTarget(own.url, { poolSize: 1, statementTimeout: statsTimeout });
  const spool = spoolPath === undefined ? undefined : new Spool(spoolPath, spoolBytes);
  const { availability, events, sites, refusedOrigins, salts, close } = openIngestion(db, spool);
  const jobs = { db, retentionDays: 90, signal: new AbortController().signal, whenBusy: "wait" as const };
  const etl = () => runAllJobs(jobs);
  const app = createApp(
    {
      db,
      stats,
      availability,
      events,
      spool,
      geoip,
      botNetworks,
      assets,
      runJobs: etl,
      sites,
      refusedOrigins,
      visitors: new VisitorDirectory(salts),
    },
    {
      adminToken: ADMIN_TOKEN,
      openRegistration: true,
      trustProxy: 0,
      basePath: "",
      ipMode: "truncate",
      countryHeader: undefined,
      rateLimits: { perAddress: 0, perSite: 0 },
      trackerPaths: [],
      collectPaths: [],
      dev: false,
      ...appOptions,
    },
  );
  const request = async (path: string, init?: RequestInit) =>
    await app.request(path, init, { remoteAddr: { hostname: "203.0.113.77" } });
  return {
    db: own,
    events,
    refusedOrigins,
    proxy,
    request,
    routes: [...new Set(app.routes.map(({ method, path }) => `${method} ${path}`))],
    etl,
    collect: (body, headers = {}) =>
      request("/collect", {
        method: "POST",
        headers: { "content-type": "application/json", "user-agent": CHROME, ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    rows: (sql, params) => own.query(sql, params),
    async [Symbol.asyncDispose]() {
      await close();
      if (stats !== db) await stats.close();
      if (db !== own) await db.close();
      await proxy?.[Symbol.asyncDispose]();
      await own[Symbol.asyncDispose]();
    },
  };
}

export const CHROME =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";

/** A moment on a day that is over everywhere: `at(0)` is 2026-03-10 12:00 UTC, `at(30)` is 30 seconds later. */
export function at(seconds: number): string {
  return new Date(Date.UTC(2026, 2, 10, 12) + seconds * 1000).toISOString();
}

type Fields = Record<string, unknown>;

/** A pageview exactly as the trackers in the field send it: the contract's shape, without eventId and sentAt. */
export function pageview(fields: Fields & { path?: string } = {}): Fields {
  const path = fields.path ?? "/products";
  const url = fields.url ?? `https://example.com${path}`;
  return {
    eventType: "pageview",
    timestamp: at(0),
    sessionId: "sess_1",
    visitorId: "vis_1",
    siteId: "example-com",
    url,
    path,
    eventData: {},
    attribution: {
      utmParams: {
        utm_source: null,
        utm_medium: null,
        utm_campaign: null,
        utm_content: null,
        utm_term: null,
      },
      campaignParams: { gclid: null, fbclid: null, msclkid: null },
      referrer: "direct",
      referrerType: "direct",
      referrerPlatform: null,
    },
    browser: {
      userAgent: CHROME,
      language: "en-US",
      screenWidth: 1920,
      screenHeight: 1080,
      viewportWidth: 1280,
      viewportHeight: 720,
      devicePixelRatio: 2,
      timezone: "Europe/Berlin",
    },
    page: { title: "Products", url, path, referrer: "direct", queryParams: "", hash: "" },
    ...fields,
  };
}

/** Events that come together, without a url of their own, as the trackers in the field send them. */
export function batch(events: Fields[], fields: Fields = {}): Fields {
  return {
    eventType: "batch",
    timestamp: at(60),
    sessionId: "sess_1",
    visitorId: "vis_1",
    siteId: "example-com",
    batchMetadata: {
      eventCount: events.length,
      batchStartTime: at(0),
      batchEndTime: at(60),
      activityDuration: 60_000,
      sentOnExit: false,
    },
    events,
    ...fields,
  };
}
