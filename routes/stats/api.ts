import { createMiddleware } from "hono/factory";
import { StatementTimeout } from "../../db/database.ts";
import { answerError } from "../errors.ts";
import type { Guards } from "../guards.ts";
import { problem } from "../problem.ts";
import type { AppServices } from "../services.ts";
import { breakdownRoutes } from "./breakdown.ts";
import { addDocument } from "./document.ts";
import { eventsRoutes } from "./events.ts";
import { formsRoutes } from "./forms.ts";
import { funnelRoutes } from "./funnel.ts";
import { goalsRoutes } from "./goals.ts";
import { journeysRoutes } from "./journeys.ts";
import { overviewRoutes } from "./overview.ts";
import { BadParameters } from "./parameters.ts";
import { realtimeRoutes } from "./realtime.ts";
import { newResource, type Resource } from "./resource.ts";
import { retentionRoutes } from "./retention.ts";
import { revenueRoutes } from "./revenue.ts";
import { scrollRoutes } from "./scroll.ts";
import { sitesRoutes } from "./sites.ts";
import { timeseriesRoutes } from "./timeseries.ts";

const RESOURCES = [
  sitesRoutes,
  overviewRoutes,
  timeseriesRoutes,
  breakdownRoutes,
  realtimeRoutes,
  journeysRoutes,
  funnelRoutes,
  retentionRoutes,
  formsRoutes,
  scrollRoutes,
  eventsRoutes,
  goalsRoutes,
  revenueRoutes,
];

/** The figures of one reader are nothing for a cache that others share, and the next events change them. */
const forOneReader = createMiddleware(async (c, next) => {
  await next();
  c.res.headers.set("cache-control", "private, no-store");
  c.res.headers.set("vary", "accept, authorization, cookie");
});

/** `/api/v1/…`: what the tables say of a site, to those who may see it; and its description, to everybody. */
export function statsRoutes(
  { stats }: Pick<AppServices, "stats">,
  { read, readSite, writeSite }: Pick<Guards, "read" | "readSite" | "writeSite">,
): Resource {
  const api = newResource();
  api.get("/api/v1/sites", read, forOneReader);
  api.on("GET", "/api/v1/sites/:site/*", readSite, forOneReader);
  api.on(["POST", "DELETE"], "/api/v1/sites/:site/*", writeSite, forOneReader);
  for (const routes of RESOURCES) api.route("/api/v1", routes(stats));
  addDocument(api);
  api.onError((error, c) => {
    if (error instanceof BadParameters) return problem(c, 400, error.message, error.errors);
    if (error instanceof StatementTimeout) {
      return problem(c, 504, "The answer took too long; narrow the range or the filters");
    }
    return answerError(error, c);
  });
  return api;
}
