import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { isSiteId } from "../db/site_directory.ts";
import { unauthorized } from "./admin.ts";
import { mayRead, mayWrite, type Reader, type ReaderEnv, type Readers } from "./readers.ts";
import { isolated } from "../web/dashboard/bidi.tsx";

export const SIGN_IN = "/dashboard/sign-in";

type Guard = MiddlewareHandler<ReaderEnv>;

/** What stands before a route that not everybody may use; the route finds the reader in `c.get("reader")`. */
export interface Guards {
  /** API of one site (`:site`): whoever may see its figures. */
  readSite: Guard;
  /** API of one site (`:site`): whoever may decide who else looks. */
  writeSite: Guard;
  /** API of the whole host: whoever may see a site; the route answers of those that the reader may. */
  read: Guard;
  /** API of the whole host: the admin. */
  admin: Guard;
  /** As `readSite`, for a page: strangers are asked to sign in. */
  readSitePage: Guard;
  /** As `admin`, for a page. */
  adminPage: Guard;
}

/** @param readers tells who asks */
export function createGuards(readers: Readers): Guards {
  const guard =
    (check: (reader: Reader, siteId: string) => void, greet: (c: Context) => Response): Guard =>
    async (c, next) => {
      const siteId = c.req.param("site");
      if (siteId !== undefined && !isSiteId(siteId)) throw nothingFor(siteId);
      const reader = await readers.readerOf(c, siteId);
      if (reader.kind === "stranger") return greet(c);
      check(reader, siteId ?? "");
      c.set("reader", reader);
      await next();
    };
  return {
    readSite: guard(requireRead, refuse),
    writeSite: guard(requireWrite, refuse),
    read: guard(() => {}, refuse),
    admin: guard(requireKind, refuse),
    readSitePage: guard(requireRead, askToSignIn),
    adminPage: guard(requireKind, askToSignIn),
  };
}

function requireRead(reader: Reader, siteId: string): void {
  // The same whether the site exists: which sites are here is nobody else's business.
  if (!mayRead(reader, siteId)) throw nothingFor(siteId);
}

function nothingFor(siteId: string): HTTPException {
  return new HTTPException(404, { message: `There is no site ${isolated(siteId)} for you` });
}

function requireWrite(reader: Reader, siteId: string): void {
  requireRead(reader, siteId);
  if (mayWrite(reader, siteId)) return;
  throw new HTTPException(403, { message: "This may only be read by you: use a key of scope write" });
}

function requireKind(reader: Reader): void {
  if (reader.kind !== "admin") throw new HTTPException(403, { message: "Only the admin may do this" });
}

function refuse(): Response {
  throw unauthorized("Send the admin token or an API key: Authorization: Bearer …");
}

function askToSignIn(c: Context): Response {
  const { pathname, search } = new URL(c.req.url);
  c.header("cache-control", "no-store");
  return c.redirect(`${SIGN_IN}?next=${encodeURIComponent(pathname + search)}`);
}
