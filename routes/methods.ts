import type { Context, Hono } from "hono";
import { problem } from "./problem.ts";
import type { Connection } from "./services.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * Answers what no route takes: where others of its path do, 405 with those (`Allow`), and OPTIONS with the same; else 404.
 * Asked after all routes, so it costs a request that some route takes nothing.
 */
export function answerUnrouted(app: Hono<Connection>, c: Context): Response {
  const { method, path } = c.req;
  const methods = METHODS.filter((other) => isRouted(app, other, path));
  if (methods.length === 0 || methods.includes(method)) {
    return problem(c, 404, `There is nothing at ${method} ${path}`);
  }
  // HEAD is answered wherever GET is, and OPTIONS everywhere.
  const allow = [
    ...new Set([...methods.flatMap((other) => other === "GET" ? ["GET", "HEAD"] : other), "OPTIONS"]),
  ]
    .join(", ");
  if (method === "OPTIONS") return c.body(null, 204, { allow });
  return problem(c, 405, `${path} takes no ${method}; it takes ${allow}`, undefined, { allow });
}

/** Whether a route has this very path: what stands before all below a path (`…/*`) answers nothing by itself. */
function isRouted(app: Hono<Connection>, method: string, path: string): boolean {
  return app.router.match(method, path)[0].some(([[, route]]) => !route.path.endsWith("*"));
}
