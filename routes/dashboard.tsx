import { Hono } from "hono";
import type { Database } from "../db/database.ts";
import { listSiteIds } from "../db/site_directory.ts";
import { type DayFigures, SitePage } from "../web/dashboard/site_page.tsx";
import { SitesPage } from "../web/dashboard/sites_page.tsx";
import type { Guards } from "./guards.ts";
import { answerPage } from "./page.ts";
import type { Reader, ReaderEnv } from "./readers.ts";
import type { SiteView } from "./share.tsx";

const DAYS = 30;

/** `GET /dashboard`: the sites; `GET /dashboard/{site}`: the figures of one. */
export function dashboardRoutes(
  db: Database,
  { adminPage, readSitePage }: Pick<Guards, "adminPage" | "readSitePage">,
  view: SiteView,
): Hono<ReaderEnv> {
  const app = new Hono<ReaderEnv>();
  app.get("/dashboard", adminPage, async (c) => {
    const siteIds = await listSiteIds(db);
    return answerPage(c, <SitesPage siteIds={siteIds} signedIn={canSignOut(c.get("reader"))} />);
  });
  app.get("/dashboard/:site", readSitePage, (c) => view(c, c.req.param("site")));
  return app;
}

/** The last 30 days that were rolled up. */
export function siteView(db: Database): SiteView {
  return async (c, siteId) => {
    const reader = c.get("reader");
    const days = await db.query<DayFigures>(
      `select metric_date as day, unique_visitors as visitors, total_sessions as sessions, total_pageviews as pageviews
       from daily_site_metrics where site_id = $1 order by metric_date desc limit $2`,
      [siteId, DAYS],
    );
    const page = <SitePage siteId={siteId} days={days} signedIn={canSignOut(reader)} />;
    return answerPage(c, page, { frameAncestors: reader.kind === "share" ? reader.link.embedOrigins : [] });
  };
}

function canSignOut(reader: Reader): boolean {
  return reader.kind === "admin" && reader.by === "cookie";
}
