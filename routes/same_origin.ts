import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { publicOrigin } from "./client.ts";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Lets a request that changes something through only if a page of this host sent it (OWASP's «Fetch Metadata», with the
 * `Origin` for browsers that lack it): a cookie comes along whoever made the browser send the request. Siblings, such as
 * `blog.example.com` beside `stats.example.com`, are strangers too. `hono/csrf` asks this of forms only, and leaves JSON
 * to the preflight.
 *
 * @throws {HTTPException} 403
 */
export function requireSameOrigin(c: Context, trustProxy: number): void {
  if (SAFE.has(c.req.method)) return;
  const site = c.req.header("sec-fetch-site");
  const origin = c.req.header("origin");
  if (site === undefined ? origin === publicOrigin(c, trustProxy) : site === "same-origin") return;
  throw new HTTPException(403, {
    message: "This has to come from a page of this host; a program sends Authorization: Bearer …",
  });
}
