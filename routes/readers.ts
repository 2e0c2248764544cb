import type { Context } from "hono";
import { type ApiKey, findApiKey, isApiKey } from "../db/api_keys.ts";
import type { Database } from "../db/database.ts";
import type { ShareLink } from "../db/share_links.ts";
import { type AdminToken, bearerOf } from "./admin_token.ts";
import { requireSameOrigin } from "./same_origin.ts";
import type { Connection } from "./services.ts";
import type { Sessions } from "./session.ts";
import { rememberedLink } from "./share_cookies.ts";

/** Who asks, and so what may be answered. */
export type Reader =
  /** `by` tells whether a browser would send it along by itself. */
  | { kind: "admin"; by: "token" | "cookie" }
  | { kind: "key"; key: ApiKey }
  /** Reads the one site, read-only. */
  | { kind: "share"; site: string; link: ShareLink }
  | { kind: "stranger" };

/** A request whose reader a guard has worked out: `c.get("reader")`. */
export interface ReaderEnv extends Connection {
  Variables: { reader: Reader };
}

/** Works out the reader of a request. */
export class Readers {
  readonly #db: Database;
  readonly #token: AdminToken;
  readonly #sessions: Sessions;
  readonly #trustProxy: number;

  constructor(db: Database, token: AdminToken, sessions: Sessions, trustProxy: number) {
    this.#db = db;
    this.#token = token;
    this.#sessions = sessions;
    this.#trustProxy = trustProxy;
  }

  /**
   * A header counts before cookies, and a wrong one makes a stranger: whoever sends one means it.
   *
   * @param siteId the site that is asked about: only its links are looked for
   * @throws {TooFast} After too many wrong tokens
   * @throws {HTTPException} 403, where a cookie is to change something and did not come from a page of ours
   */
  async readerOf<E extends Connection>(c: Context<E>, siteId?: string): Promise<Reader> {
    const bearer = bearerOf(c);
    if (bearer !== undefined) return await this.#bearer(c, bearer);
    if (await this.#sessions.isOpen(c)) {
      requireSameOrigin(c, this.#trustProxy);
      return { kind: "admin", by: "cookie" };
    }
    const link = siteId === undefined ? undefined : await rememberedLink(c, this.#db, siteId);
    return link ? { kind: "share", site: link.siteId, link } : { kind: "stranger" };
  }

  async #bearer<E extends Connection>(c: Context<E>, bearer: string): Promise<Reader> {
    // Nobody guesses a key: a wrong one is an old one, and must not keep its address from what it may do.
    if (isApiKey(bearer)) {
      const key = await findApiKey(this.#db, bearer);
      return key ? { kind: "key", key } : { kind: "stranger" };
    }
    return bearer !== "" && this.#token.check(c, bearer)
      ? { kind: "admin", by: "token" }
      : { kind: "stranger" };
  }
}

/** Whether the reader may see the site's figures. */
export function mayRead(reader: Reader, siteId: string): boolean {
  switch (reader.kind) {
    case "admin":
      return true;
    case "key":
      return reader.key.siteId === null || reader.key.siteId === siteId;
    case "share":
      return reader.site === siteId;
    case "stranger":
      return false;
  }
}

/** Whether the reader may decide who else looks at the site. */
export function mayWrite(reader: Reader, siteId: string): boolean {
  if (reader.kind === "key") return reader.key.scope === "write" && mayRead(reader, siteId);
  return reader.kind === "admin";
}
