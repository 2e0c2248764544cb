import { Hono } from "hono";
import { getPath } from "hono/utils/url";
import { withoutBasePath } from "../base_path.ts";
import { createAccess } from "./access.ts";
import { requireAdmin } from "./admin.ts";
import { AdminToken } from "./admin_token.ts";
import { askedOf, readBasePath, redirect } from "./client.ts";
import { collectRoutes } from "./collect.ts";
import { dashboardRoutes, siteView } from "./dashboard.tsx";
import { etlRoutes } from "./etl.ts";
import { answerFailedPage, isPage, problemPage } from "./error_page.tsx";
import { answerError } from "./errors.ts";
import { headOf } from "./head.ts";
import { healthRoutes } from "./health.ts";
import { Metrics, metricsRoutes } from "./metrics.ts";
import { answerUnrouted } from "./methods.ts";
import type { AppOptions, AppServices, Connection } from "./services.ts";
import { sqlRoutes } from "./sql.ts";
import { statsRoutes } from "./stats/api.ts";
import { webRoutes } from "./web.ts";

/** The whole HTTP side, as a plain `fetch` handler. */
export function createApp(services: AppServices, options: AppOptions): Hono<Connection> {
  const app = new Hono<Connection>({
    // Routes are of the path without the one under which a proxy serves them.
    getPath: (request, asked) => withoutBasePath(getPath(request), asked?.env?.basePath ?? ""),
  });
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
  app.notFound((c) => {
    // As people type it.
    if (isPage(c) && c.req.method === "GET" && c.req.path.endsWith("/")) {
      const { pathname, search } = askedOf(c);
      return redirect(c, pathname.replace(/\/+$/, "") + search);
    }
    const answer = answerUnrouted(app, c);
    return isPage(c) && answer.status >= 400 ? problemPage(c, answer) : answer;
  });
  app.onError((error, c) => isPage(c) ? answerFailedPage(error, c) : answerError(error, c));
  // Around everything, rather than as a middleware: that would cost each request a chain of promises.
  const answer = app.fetch;
  // To get one of these stores an event; they answer HEAD themselves.
  const pixels = new Set(["/collect", ...options.collectPaths]);
  app.fetch = async (request, env: Connection["Bindings"] = {}, ...rest) => {
    const { method } = request;
    const basePath = readBasePath(request.headers, options);
    const connection = basePath === "" ? env : { remoteAddr: env.remoteAddr, basePath };
    const response =
      method === "HEAD" && !pixels.has(withoutBasePath(new URL(request.url).pathname, basePath))
        ? await headOf(await answer(new Request(request, { method: "GET" }), connection, ...rest))
        : await answer(request, connection, ...rest);
    metrics.answered(method, response.status);
    return response;
  };
  return app;
}
