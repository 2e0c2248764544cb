import { type Context, Hono } from "hono";
import type { Database } from "../db/database.ts";
import { findShareLink, type ShareLink } from "../db/share_links.ts";
import { NoSharePage, SharePasswordPage } from "../web/dashboard/share_page.tsx";
import { Attempts, guesser } from "./attempts.ts";
import { addressOf, basePathOf, redirect } from "./client.ts";
import { answerPage } from "./page.ts";
import { verifyPassword } from "./password.ts";
import { TooFast } from "./rate_limits.ts";
import type { ReaderEnv } from "./readers.ts";
import { requireSameOrigin } from "./same_origin.ts";
import { isRemembered, rememberLink } from "./share_cookies.ts";
import { formOf } from "./small_body.ts";

// Each try costs the server a third of a second.
const PER_ADDRESS = { burst: 10, seconds: 10 };
const PER_LINK = { burst: 50, seconds: 2 };

/**
 * Shows a site to the reader in `c.get("reader")`. Links are relative to where it is shown, `/dashboard/{site}` or
 * `/share/{slug}`; and a frame sends no cookie, so what it needs stands in the page.
 */
export type SiteView = (c: Context<ReaderEnv>, siteId: string) => Response | Promise<Response>;

/**
 * `/share/{slug}`: opens the dashboard of one site to whoever has the link, and its password where it has one.
 *
 * A link for people sets a cookie of its own and leads on to `/dashboard/{site}`, so that the slug does not stay in the
 * address bar. A link that pages of other origins embed is shown right here: a browser takes and sends no Lax cookie in
 * a frame of another site, and one that it would send (`SameSite=None`) would follow people around and is blocked by
 * more and more of them. So there the slug is all that opens it, with each request, and nothing could remember a
 * password: such a link has none.
 */
export function shareRoutes(db: Database, view: SiteView, trustProxy: number): Hono<ReaderEnv> {
  const app = new Hono<ReaderEnv>();
  const perAddress = new Attempts(PER_ADDRESS);
  const perLink = new Attempts(PER_LINK);

  app.get("/share/:slug", async (c) => {
    const link = await findShareLink(db, c.req.param("slug"));
    if (!link) return answerPage(c, <NoSharePage base={basePathOf(c)} />, { status: 404 });
    if (link.embedOrigins.length > 0) {
      c.set("reader", { kind: "share", site: link.siteId, link });
      return await view(c, link.siteId);
    }
    if (link.passwordHash === null) return await open(c, link);
    if (await isRemembered(c, link)) return redirect(c, dashboardOf(link));
    return answerPage(c, <SharePasswordPage base={basePathOf(c)} path={c.req.path} />);
  });

  app.post("/share/:slug", async (c) => {
    requireSameOrigin(c, trustProxy);
    const link = await findShareLink(db, c.req.param("slug"));
    if (!link) return answerPage(c, <NoSharePage base={basePathOf(c)} />, { status: 404 });
    const password = (await formOf(c)).get("password") ?? "";
    if (link.passwordHash === null) return redirect(c, c.req.path, 303);
    try {
      if (await isPassword(c, link.passwordHash, String(link.id), password)) return await open(c, link);
    } catch (error) {
      if (!(error instanceof TooFast)) throw error;
      c.header("retry-after", String(error.retryAfterSeconds));
      const message = `Too many wrong attempts: try again in ${error.retryAfterSeconds} s.`;
      return answerPage(c, <SharePasswordPage base={basePathOf(c)} path={c.req.path} error={message} />, {
        status: 429,
      });
    }
    return answerPage(
      c,
      <SharePasswordPage base={basePathOf(c)} path={c.req.path} error="This is not the password." />,
      {
        status: 403,
      },
    );
  });

  /** @throws {TooFast} */
  async function isPassword(
    c: Context<ReaderEnv>,
    hash: string,
    linkId: string,
    password: string,
  ): Promise<boolean> {
    const key = guesser(addressOf(c, trustProxy));
    perAddress.admit(key);
    perLink.admit(linkId);
    if (!await verifyPassword(password, hash)) return false;
    perAddress.forgive(key);
    perLink.forgive(linkId);
    return true;
  }

  async function open(c: Context, link: ShareLink): Promise<Response> {
    await rememberLink(c, link, trustProxy);
    c.header("cache-control", "no-store");
    c.header("referrer-policy", "same-origin");
    c.header("x-robots-tag", "noindex");
    return redirect(c, dashboardOf(link), 303);
  }
  return app;
}

function dashboardOf({ siteId }: ShareLink): string {
  return `/dashboard/${encodeURIComponent(siteId)}`;
}
