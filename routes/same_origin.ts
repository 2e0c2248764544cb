import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { publicOrigin } from "./client.ts";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Lets a request that changes something through only if a page of this host sent it (OWASP's «Fetch Metadata», with the
 * `Origin` for browsers that lack it, and the `Referer` for those that lack both): a cookie comes along whoever made the
 * browser send the request. Browsers tell `Sec-Fetch-Site` to hosts with TLS only. Siblings, such as `blog.example.com`
 * beside `stats.example.com`, are strangers too. `hono/csrf` asks this of forms only, and leaves JSON to the preflight.
 *
 * @throws {HTTPException} 403
 */
export function requireSameOrigin(c: Context, trustProxy: number): void {
  if (SAFE.has(c.req.method)) return;
  const site = c.req.header("sec-fetch-site");
  if (site === "same-origin") return;
  const origin = c.req.header("origin") ?? URL.parse(c.req.header("referer") ?? "")?.origin;
  const ours = publicOrigin(c, trustProxy);
  if (site === undefined && origin === ours) return;
  const hint = site === undefined && origin !== undefined
    ? `. It came from ${origin}, and this host is ${ours}: behind a proxy, set TRUST_PROXY, and let the proxy ` +
      "send X-Forwarded-Host and X-Forwarded-Proto"
    : "";
  throw new HTTPException(403, {
    message: `This has to come from a page of this host; a program sends Authorization: Bearer …${hint}`,
  });
}
