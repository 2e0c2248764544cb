import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { HTTPException } from "hono/http-exception";
import { lastEventAt } from "../db/stats/arrival.ts";
import type { Period } from "../db/stats/period.ts";
import { siteSummaries } from "../db/stats/site_summaries.ts";
import { ArrivalPart } from "../web/dashboard/setup.tsx";
import { SitesListPage } from "../web/dashboard/sites_list_page.tsx";
import { publicOrigin } from "./client.ts";
import { eventsView, formsView, scrollView } from "./dashboard/events.tsx";
import { funnelView } from "./dashboard/funnel.tsx";
import { changeGoals, goalsView } from "./dashboard/goals.tsx";
import { LIST_VIEWS } from "./dashboard/list.tsx";
import { overviewView } from "./dashboard/overview.tsx";
import { realtimeView } from "./dashboard/realtime.tsx";
import { sitesRoutes } from "./dashboard/sites.tsx";
import type { View } from "./dashboard/view.ts";
import { viewerOf } from "./dashboard/viewer.ts";
import { readVisit, type Visit, withAddedFilter } from "./dashboard/visit.ts";
import { journeysView, retentionView } from "./dashboard/visits.tsx";
import type { Guards } from "./guards.ts";
import { answerPage, answerPart } from "./page.ts";
import type { ReaderEnv } from "./readers.ts";
import type { AppOptions, AppServices } from "./services.ts";
import type { SiteView } from "./share.tsx";
import { isolated } from "../web/dashboard/bidi.tsx";

const VIEWS = new Map<string, View>([
  ["", overviewView],
  ["realtime", realtimeView],
  ["funnel", funnelView],
  ["journeys", journeysView],
  ["retention", retentionView],
  ["events", eventsView],
  ["forms", formsView],
  ["scroll", scrollView],
  ["goals", goalsView],
  ...LIST_VIEWS,
]);

// Where cohorts are weeks, a month says little.
const USUAL_PERIODS: Record<string, Period> = { retention: "90d" };

type Services = Pick<AppServices, "db" | "stats">;
type Options = Pick<AppOptions, "trustProxy" | "openRegistration">;

/** `GET /dashboard`: the sites; `GET /dashboard/{site}` and below: the figures of one. */
export function dashboardRoutes(
  { db, stats }: Services,
  { adminPage, readSitePage, writeSite }: Pick<Guards, "adminPage" | "readSitePage" | "writeSite">,
  options: Options,
): Hono<ReaderEnv> {
  const app = new Hono<ReaderEnv>();
  // The pages hold no secret that somebody could guess from their compressed length.
  const compressed = compress();
  app.get("/dashboard", adminPage, compressed, async (c) => {
    const sites = await siteSummaries(stats, new Date());
    return answerPage(c, <SitesListPage sites={sites} viewer={viewerOf(c.get("reader"))} />);
  });
  app.route("/", sitesRoutes(db, adminPage, options));
  app.get("/dashboard/:site/arrival", readSitePage, async (c) => {
    const site = c.req.param("site");
    return answerPart(
      c,
      <ArrivalPart site={site} arrival={{ lastEventAt: await lastEventAt(stats, site) }} />,
    );
  });
  app.post("/dashboard/:site/goals", writeSite, bodyLimit({ maxSize: 64 * 1024 }), async (c) => {
    const visit = await visitOf(c, stats, options, "goals");
    const refused = await changeGoals(db, visit, new URLSearchParams(await c.req.text()));
    return refused
      ? answerPage(c, refused, { status: 400 })
      : c.redirect(visit.context.address.with({}), 303);
  });
  const show = (c: Context<ReaderEnv>) => answerView(c, c.req.param("view") ?? "", stats, options);
  app.get("/dashboard/:site", readSitePage, compressed, show);
  app.get("/dashboard/:site/:view", readSitePage, compressed, show);
  return app;
}

/** The overview, for a page of somebody else that shows it in a frame: its links lead to where it is shown. */
export function siteView(stats: Services["stats"], options: Options): SiteView {
  return (c, siteId) => answerView(c, "", stats, options, siteId);
}

/** @param embeddedSite shown where the request asks for it, which is not its place below `/dashboard` */
async function visitOf(
  c: Context<ReaderEnv>,
  stats: Services["stats"],
  { trustProxy, openRegistration }: Options,
  view: string,
  embeddedSite?: string,
): Promise<Visit> {
  const id = embeddedSite ?? c.req.param("site")!;
  return await readVisit(c, stats, {
    id,
    view,
    viewer: viewerOf(c.get("reader"), id),
    usualPeriod: USUAL_PERIODS[view] ?? "30d",
    openRegistration,
    origin: publicOrigin(c, trustProxy),
    embeddedAt: embeddedSite === undefined ? undefined : c.req.path,
  });
}

async function answerView(
  c: Context<ReaderEnv>,
  name: string,
  stats: Services["stats"],
  options: Options,
  embeddedSite?: string,
): Promise<Response> {
  const view = VIEWS.get(name);
  if (!view) throw new HTTPException(404, { message: `There is no view ${isolated(name)} of a site` });
  const visit = await visitOf(c, stats, options, name, embeddedSite);
  const elsewhere = withAddedFilter(visit);
  if (elsewhere !== null) return c.redirect(elsewhere, 303);
  const part = c.req.query("part");
  const { page, status } = await view(visit, part);
  if (part !== undefined) return await answerPart(c, page, status);
  const reader = c.get("reader");
  return await answerPage(c, page, {
    status,
    frameAncestors: reader.kind === "share" ? reader.link.embedOrigins : [],
  });
}
