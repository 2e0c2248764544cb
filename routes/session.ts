import { hkdfSync } from "node:crypto";
import type { Context } from "hono";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import type { CookieOptions } from "hono/utils/cookie";
import { basePathOf, publicOrigin } from "./client.ts";

const COOKIE = "footfall_session";
export const SESSION_SECONDS = 30 * 86_400;

/**
 * Who signed in as the admin, in a cookie: until when, signed. The key is derived from the admin token (HKDF, RFC 5869),
 * so another token ends every session, and no process has to know of the others' sessions. A cookie that was copied
 * ends in no other way before its time.
 */
export class Sessions {
  readonly #key: Uint8Array<ArrayBuffer>;
  readonly #trustProxy: number;

  constructor(adminToken: string, trustProxy: number) {
    this.#key = new Uint8Array(hkdfSync("sha256", adminToken, "", "footfall session", 32));
    this.#trustProxy = trustProxy;
  }

  /** @param now in milliseconds */
  async begin(c: Context, now = Date.now()): Promise<void> {
    const until = Math.floor(now / 1000) + SESSION_SECONDS;
    await setSignedCookie(c, COOKIE, `admin.${until}`, this.#key, cookieOptions(c, this.#trustProxy));
  }

  async isOpen(c: Context): Promise<boolean> {
    const value = await getSignedCookie(c, this.#key, COOKIE);
    const until = value ? /^admin\.(\d{1,12})$/.exec(value)?.[1] : undefined;
    return until !== undefined && Number(until) * 1000 > Date.now();
  }

  end(c: Context): void {
    const options = { ...cookieOptions(c, this.#trustProxy), maxAge: 0 };
    deleteCookie(c, COOKIE, options);
    // One from before the path was set would keep the session open.
    if (options.path !== "/") deleteCookie(c, COOKIE, { ...options, path: "/" });
  }
}

/**
 * What every cookie here has. Lax, not Strict: who follows a link from a mail or a chat to the dashboard is signed in
 * there. It comes along only when a page is opened so; what changes anything is asked where it comes from.
 */
export function cookieOptions(c: Context, trustProxy: number): CookieOptions {
  return {
    // Other paths of this host may be served by others.
    path: basePathOf(c) || "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: publicOrigin(c, trustProxy).startsWith("https:"),
    maxAge: SESSION_SECONDS,
  };
}
