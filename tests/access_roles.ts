import { type Context, Hono } from "hono";
import { createApiKey, revokeApiKey, type Scope } from "../db/api_keys.ts";
import { createShareLink } from "../db/share_links.ts";
import { Sessions } from "../routes/session.ts";
import { rememberLink } from "../routes/share_cookies.ts";
import { ADMIN_TOKEN, type TestApp } from "./fixtures.ts";

/** What somebody sends along with every request. */
export type Credentials = Record<string, string>;

const LONG_AGO = Date.UTC(2020, 0, 1);
// What a browser says of a form or a script on a page of ours.
export const OUR_PAGE = { "sec-fetch-site": "same-origin" };

/** Everybody who can come, with what they send. Sites are `site-a` and `site-b`. */
export async function roles({ db }: TestApp): Promise<Record<string, Credentials>> {
  const key = async (siteId: string | null, scope: Scope, revoked = false) => {
    const { key, secret } = await createApiKey(db, { siteId, name: "", scope });
    if (revoked) await revokeApiKey(db, key.id);
    return { authorization: `Bearer ${secret}` };
  };
  const shared = async (siteId: string, now?: number) => {
    const link = await createShareLink(db, { siteId, name: "", passwordHash: null, embedOrigins: [] });
    return await cookies((c) => rememberLink(c, link, 0, now));
  };
  const session = (token: string, now?: number) => cookies((c) => new Sessions(token, 0).begin(c, now));
  const signedIn = await session(ADMIN_TOKEN);
  return {
    "stranger": {},
    "admin token": { authorization: `Bearer ${ADMIN_TOKEN}` },
    "admin cookie": signedIn,
    "read key of A": await key("site-a", "read"),
    "write key of A": await key("site-a", "write"),
    "read key of B": await key("site-b", "read"),
    "read key of all": await key(null, "read"),
    "write key of all": await key(null, "write"),
    "share link of A": await shared("site-a"),
    "share link of B": await shared("site-b"),
    "wrong token": { authorization: "Bearer wrong-token" },
    "wrong token beside a cookie": { ...signedIn, authorization: "Bearer wrong-token" },
    "revoked key of A": await key("site-a", "write", true),
    "expired cookie": await session(ADMIN_TOKEN, LONG_AGO),
    "cookie of another token": await session("another-admin-token"),
    "tampered cookie": { ...OUR_PAGE, cookie: signedIn["cookie"]!.replace(/admin\.\d/, "admin.9") },
    "expired share link of A": await shared("site-a", LONG_AGO),
  };
}

/** What a browser sends that was answered these cookies, from a page of ours. */
async function cookies(set: (c: Context) => Promise<void>): Promise<Credentials> {
  const app = new Hono();
  app.get("/", async (c) => {
    await set(c);
    return c.body(null);
  });
  return { ...OUR_PAGE, cookie: cookiesOf(await app.request("/")) };
}

/** The answer's cookies as the next request sends them. */
export function cookiesOf(response: Response): string {
  return response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]!).join("; ");
}
