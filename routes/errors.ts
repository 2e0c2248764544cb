import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Conflict, DatabaseUnavailable } from "../db/database.ts";
import { NewerDatabase } from "../db/releases.ts";
import { QueueFull } from "../db/write_queue.ts";
import { UnreadableBody } from "../events/payload.ts";
import { log } from "../log.ts";
import { BodyRefused } from "./body.ts";
import { BodiesFull } from "./body_budget.ts";
import { InvalidBody } from "./json_body.ts";
import { problem } from "./problem.ts";
import { TooFast } from "./rate_limits.ts";

/** The answer to a request that failed. @param headers that it has in any case */
export function answerError(error: Error, c: Context, headers: Record<string, string> = {}): Response {
  const answer = (status: ContentfulStatusCode, detail: string, more: Record<string, string> = {}) =>
    problem(c, status, detail, undefined, { ...headers, ...more });
  if (error instanceof UnreadableBody) return answer(error.status, error.message);
  if (error instanceof HTTPException) {
    const challenge = error.res?.headers.get("www-authenticate");
    // In the words of the library that reads bodies by a schema.
    const isOfNoType = error.status === 415;
    return answer(
      error.status,
      isOfNoType
        ? "Send the body as JSON, with Content-Type: application/json"
        : error.message || "The request was refused",
      challenge ? { "www-authenticate": challenge } : {},
    );
  }
  if (error instanceof InvalidBody) return problem(c, 400, error.message, error.errors, headers);
  if (error instanceof BodyRefused) {
    // What is left of it is not read.
    return answer(error.status, error.message, { connection: "close" });
  }
  if (error instanceof TooFast) {
    return answer(429, error.message, { "retry-after": String(error.retryAfterSeconds) });
  }
  if (error instanceof QueueFull) {
    return answer(503, "Too many events wait to be written; send these again", { "retry-after": "1" });
  }
  if (error instanceof BodiesFull) {
    return answer(503, error.message, { "retry-after": "1", connection: "close" });
  }
  if (error instanceof DatabaseUnavailable || error instanceof Conflict) {
    // Availability has said it once; a line for each request would bury that.
    log.debug("the database is not available", { path: loggedPath(c), error });
    return answer(503, "The database is not available; try again", { "retry-after": "5" });
  }
  if (error instanceof NewerDatabase) return answer(409, error.message);
  // The body ended early: the client went away, and nobody reads the answer; or we are stopping, and it should come again.
  if (error.name === "BadResource" || error.name === "Interrupted" || error.name === "AbortError") {
    log.debug("a request ended early", { path: loggedPath(c) });
    return answer(503, "The request ended early; send it again", { "retry-after": "1" });
  }
  // Of the request's own: `GET http://[` is what a scanner sends.
  if (error instanceof TypeError && error.message.startsWith("Invalid URL")) {
    return answer(400, "The address is no URL");
  }
  log.error("a request failed", { method: c.req.method, path: loggedPath(c), error });
  return answer(500, "Something went wrong here; the log says what");
}

/** The path without what opens a shared dashboard. */
function loggedPath(c: Context): string {
  return c.req.path.replace(/^\/share\/[^/]+/, "/share/[redacted]");
}
