import { saveSite } from "../db/site_directory.ts";
import { ADMIN_TOKEN, at, pageview, type TestApp } from "./fixtures.ts";

const DAY = 86_400;

/** The figures of a time without a visit. */
export const NOTHING = {
  visitors: 0,
  sessions: 0,
  pageviews: 0,
  events: 0,
  bounceRate: null,
  sessionSeconds: null,
  engagedSeconds: null,
  pagesPerSession: null,
};

/** A click, a form, …: of the session `sess`, `seconds` after the tests' zero. */
function event(eventType: string, sess: string, seconds: number, path: string, eventData: object) {
  const visitorId = sess === "s2" ? "v2" : "v1";
  return {
    eventType,
    siteId: "shop",
    sessionId: sess,
    visitorId,
    timestamp: at(seconds),
    url: `https://shop.test${path}`,
    path,
    eventData,
  };
}

function view(sess: string, seconds: number, path: string, utm_source: string | null = null) {
  return pageview({
    ...event("pageview", sess, seconds, path, {}),
    attribution: { utmParams: { utm_source }, referrer: "direct", referrerType: "direct" },
  });
}

/**
 * Three visits to the site `shop` in Europe/Berlin, by two visitors, on 2026-03-10 and 2026-03-11, through the collector and
 * the ETL: `s1` looks at two pages, submits a form and buys; `s2` leaves at once; `s3` is the first visitor, a day later.
 */
export async function visitShop(app: TestApp): Promise<void> {
  await saveSite(app.db, { siteId: "shop", timezone: "Europe/Berlin" });
  await app.collect([
    view("s1", 0, "/", "=1+1"),
    view("s1", 30, "/pricing"),
    event("scroll_depth", "s1", 32, "/pricing", { milestone: 25 }),
    event("scroll_depth", "s1", 33, "/pricing", { milestone: 50 }),
    event("form_start", "s1", 35, "/pricing", { formId: "signup" }),
    event("form_submit", "s1", 40, "/pricing", {
      formId: "signup",
      formData: { email: "ada@shop.test", name: "" },
    }),
    event("purchase", "s1", 45, "/pricing", { revenue: 19.9, currency: "eur", plan: "pro" }),
    event("signup", "s1", 50, "/pricing", { plan: "pro" }),
    view("s2", 60, "/", 'a,"b"'),
    view("s3", DAY, "/pricing"),
    view("s3", DAY + 20, "/"),
  ]);
  await app.etl();
}

/** `GET /api/v1{path}` with the admin token. */
export function ask(app: TestApp, path: string, headers: Record<string, string> = {}): Promise<Response> {
  return app.request(`/api/v1${path}`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...headers } });
}

/** Both days of the visits. */
export const DAYS = "from=2026-03-10&to=2026-03-11";

/** What every answer about these days begins with. */
export const ASKED = {
  site: "shop",
  range: { from: "2026-03-10", to: "2026-03-11", timezone: "Europe/Berlin" },
  filters: [],
};
