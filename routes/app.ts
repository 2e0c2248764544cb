import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { Conflict, DatabaseUnavailable } from "../db/database.ts";
import { QueueFull } from "../db/write_queue.ts";
import { log } from "../log.ts";
import { requireAdmin } from "./admin.ts";
import { collectRoutes } from "./collect.ts";
import { etlRoutes } from "./etl.ts";
import { BodyRefused } from "./body.ts";
import { healthRoutes } from "./health.ts";
import { Metrics, metricsRoutes } from "./metrics.ts";
import { problem } from "./problem.ts";
import { TooFast } from "./rate_limits.ts";
import type { AppOptions, AppServices, Connection } from "./services.ts";
import { sqlRoutes } from "./sql.ts";
import { webRoutes } from "./web.ts";

/** The whole HTTP side, as a plain `fetch` handler. */
export function createApp(services: AppServices, options: AppOptions): Hono<Connection> {
  const app = new Hono<Connection>();
  const metrics = new Metrics(services);
  const admin = requireAdmin(options.adminToken);
  app.route("/", collectRoutes(services, options, metrics));
  app.route("/", healthRoutes(services));
  app.route("/", metricsRoutes(metrics, admin));
  app.route("/", etlRoutes(services, admin));
  if (options.dev) app.route("/", sqlRoutes(services.db, admin));
  app.route("/", webRoutes(services.assets, options));
  app.notFound((c) => problem(c, 404, `There is nothing at ${c.req.method} ${c.req.path}`));
  app.onError(answerError);
  return app;
}

function answerError(error: Error, c: Context): Response {
  if (error instanceof HTTPException) {
    const challenge = error.res?.headers.get("www-authenticate");
    return problem(
      c,
      error.status as 400,
      error.message || "The request was refused",
      undefined,
      challenge ? { "www-authenticate": challenge } : {},
    );
  }
  if (error instanceof BodyRefused) {
    // What is left of it is not read.
    return problem(c, error.status, error.message, undefined, { connection: "close" });
  }
  if (error instanceof TooFast) {
    return problem(c, 429, error.message, undefined, { "retry-after": String(error.retryAfterSeconds) });
  }
  if (error instanceof QueueFull) {
    return problem(c, 503, "Too many events wait to be written; send these again", undefined, {
      "retry-after": "1",
    });
  }
  if (error instanceof DatabaseUnavailable || error instanceof Conflict) {
    // Availability has said it once; a line for each request would bury that.
    log.debug("the database is not available", { path: c.req.path, error });
    return problem(c, 503, "The database is not available; try again", undefined, { "retry-after": "5" });
  }
  // The body ended early: the client went away, and nobody reads the answer; or we are stopping, and it should come again.
  if (error.name === "BadResource" || error.name === "Interrupted" || error.name === "AbortError") {
    log.debug("a request ended early", { path: c.req.path });
    return problem(c, 503, "The request ended early; send it again", undefined, { "retry-after": "1" });
  }
  log.error("a request failed", { method: c.req.method, path: c.req.path, error });
  return problem(c, 500, "Something went wrong here; the log says what");
}
