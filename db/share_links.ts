import { randomBytes } from "node:crypto";
import type { Database } from "./database.ts";

/** A row of `share_links`: whoever has the link may look at the site. */
export interface ShareLink {
  id: number;
  siteId: string;
  /** 128 random bits, base64url: the link's secret. */
  slug: string;
  name: string;
  /** Null: the link is enough. */
  passwordHash: string | null;
  /** Signs the cookies of those who opened it. */
  cookieKey: Uint8Array<ArrayBuffer>;
  /** Origins whose pages may show it in a frame. */
  embedOrigins: string[];
  createdAt: Date;
  revokedAt: Date | null;
}

const SLUG = /^[\w-]{22}$/;
const COLUMNS =
  `id, site_id as "siteId", slug, name, password_hash as "passwordHash", cookie_key as "cookieKey",
  embed_origins as "embedOrigins", created_at as "createdAt", revoked_at as "revokedAt"`;

/** Makes a link. It has a password or origins that embed it, not both. */
export async function createShareLink(
  db: Database,
  link: Pick<ShareLink, "siteId" | "name" | "passwordHash" | "embedOrigins">,
): Promise<ShareLink> {
  const [made] = await db.query<ShareLink>(
    `insert into share_links (site_id, slug, name, password_hash, cookie_key, embed_origins)
     values ($1, $2, $3, $4, $5, $6::text[]) returning ${COLUMNS}`,
    [
      link.siteId,
      randomBytes(16).toString("base64url"),
      link.name,
      link.passwordHash,
      randomBytes(32),
      link.embedOrigins,
    ],
  );
  return made!;
}

/** Every link of a site, also those that were revoked, oldest first. */
export async function listShareLinks(db: Database, siteId: string): Promise<ShareLink[]> {
  return await db.query<ShareLink>(`select ${COLUMNS} from share_links where site_id = $1 order by id`, [
    siteId,
  ]);
}

/** Revokes a link, from the next request on. Answers whether it was in force. */
export async function revokeShareLink(db: Database, siteId: string, id: number): Promise<boolean> {
  const revoked = await db.query(
    "update share_links set revoked_at = now() where site_id = $1 and id = $2 and revoked_at is null returning id",
    [siteId, id],
  );
  return revoked.length > 0;
}

/** The link in force that has this slug. */
export async function findShareLink(db: Database, slug: string): Promise<ShareLink | undefined> {
  if (!SLUG.test(slug)) return undefined;
  const [link] = await db.query<ShareLink>(
    `select ${COLUMNS} from share_links where slug = $1 and revoked_at is null`,
    [slug],
  );
  return link;
}

/** Those of the site's links that are in force and have one of these ids. */
export async function findShareLinks(db: Database, siteId: string, ids: number[]): Promise<ShareLink[]> {
  return await db.query<ShareLink>(
    `select ${COLUMNS} from share_links where site_id = $1 and id = any($2::bigint[]) and revoked_at is null order by id`,
    [siteId, ids],
  );
}
