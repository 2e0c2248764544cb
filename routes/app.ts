import { Hono } from "hono";
import { createAccess } from "./access.ts";
import { requireAdmin } from "./admin.ts";
import { AdminToken } from "./admin_token.ts";
import { collectRoutes } from "./collect.ts";
import { dashboardRoutes, siteView } from "./dashboard.tsx";
import { etlRoutes } from "./etl.ts";
import { answerError } from "./errors.ts";
import { healthRoutes } from "./health.ts";
import { Metrics, metricsRoutes } from "./metrics.ts";
import { problem } from "./problem.ts";
import type { AppOptions, AppServices, Connection } from "./services.ts";
import { sqlRoutes } from "./sql.ts";
import { statsRoutes } from "./stats/api.ts";
import { webRoutes } from "./web.ts";

/** The whole HTTP side, as a plain `fetch` handler. */
export function createApp(services: AppServices, options: AppOptions): Hono<Connection> {
  const app = new Hono<Connection>();
  const metrics = new Metrics(services);
  const token = new AdminToken(options.adminToken, options.trustProxy);
  const admin = requireAdmin(token);
  const view = siteView(services.stats, options);
  const access = createAccess(services.db, token, view, options);
  app.route("/", collectRoutes(services, options, metrics));
  app.route("/", healthRoutes(services));
  app.route("/", metricsRoutes(metrics, admin));
  app.route("/", etlRoutes(services, admin));
  if (options.dev) app.route("/", sqlRoutes(services.db, admin));
  // Before the stats and the dashboard: keys and links have guards of their own, and signing in is no site.
  app.route("/", access.routes);
  app.route("/", statsRoutes(services, access.guards));
  app.route("/", dashboardRoutes(services, access.guards, options));
  app.route("/", webRoutes(services.assets, options));
  app.notFound((c) => problem(c, 404, `There is nothing at ${c.req.method} ${c.req.path}`));
  app.onError((error, c) => answerError(error, c));
  // Around everything, rather than as a middleware: that would cost each request a chain of promises.
  const answer = app.fetch;
  app.fetch = async (request, ...rest) => {
    const response = await answer(request, ...rest);
    metrics.answered(request.method, response.status);
    return response;
  };
  return app;
}
