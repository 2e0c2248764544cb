import type { Context } from "hono";
import { getCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import type { Database } from "../db/database.ts";
import { findShareLinks, type ShareLink } from "../db/share_links.ts";
import { cookieOptions, SESSION_SECONDS } from "./session.ts";

const NAME = /^footfall_share_(\d{1,15})$/;
// A header of cookies must not become a query of any size.
const MAX_LINKS = 50;

/**
 * Lets a browser that opened the link look on for 30 days. The cookie is signed with the link's own key: signed with one
 * that comes of the admin token, it would let whoever got the link try tokens on their own machine.
 *
 * @param now in milliseconds
 */
export async function rememberLink(
  c: Context,
  link: ShareLink,
  trustProxy: number,
  now = Date.now(),
): Promise<void> {
  const until = Math.floor(now / 1000) + SESSION_SECONDS;
  const value = `${link.id}.${until}`;
  await setSignedCookie(c, nameOf(link.id), value, link.cookieKey, cookieOptions(c, trustProxy));
}

/** The link in force, of those that this browser opened, by which it may look at the site. */
export async function rememberedLink(
  c: Context,
  db: Database,
  siteId: string,
): Promise<ShareLink | undefined> {
  const ids = Object.keys(getCookie(c)).flatMap((name) => NAME.exec(name)?.[1] ?? []).slice(0, MAX_LINKS);
  if (ids.length === 0) return undefined;
  for (const link of await findShareLinks(db, siteId, ids.map(Number))) {
    if (await isRemembered(c, link)) return link;
  }
  return undefined;
}

/** Whether this browser opened the link, and not too long ago. */
export async function isRemembered(c: Context, link: ShareLink): Promise<boolean> {
  const value = await getSignedCookie(c, link.cookieKey, nameOf(link.id));
  const [id, until] = value ? value.split(".") : [];
  return Number(id) === link.id && Number(until) * 1000 > Date.now();
}

function nameOf(id: number): string {
  return `footfall_share_${id}`;
}
