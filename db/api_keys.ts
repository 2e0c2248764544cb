import { createHash, randomBytes } from "node:crypto";
import { log } from "../log.ts";
import { type Asked, Conflict, DatabaseUnavailable } from "./database.ts";

export type Scope = "read" | "write";

/** A row of `api_keys`, without the hash. */
export interface ApiKey {
  id: number;
  /** Null: all sites. */
  siteId: string | null;
  name: string;
  /** `write` may also decide who else looks at the site. */
  scope: Scope;
  /** The first characters of the key. */
  prefix: string;
  createdAt: Date;
  /** To the minute; null where it was never used. */
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

// What a key looks like, so that a leaked one is recognized, and anything else is not looked up.
const KEY = /^ff_[\w-]{43}$/;
const PREFIX_LENGTH = 9;
const COLUMNS = `id, site_id as "siteId", name, scope, prefix, created_at as "createdAt",
  last_used_at as "lastUsedAt", revoked_at as "revokedAt"`;

/** Makes a key. `secret` is the key itself, known here and never again. */
export async function createApiKey(
  db: Asked,
  { siteId, name, scope }: Pick<ApiKey, "siteId" | "name" | "scope">,
): Promise<{ key: ApiKey; secret: string }> {
  const secret = `ff_${randomBytes(32).toString("base64url")}`;
  const [key] = await db.query<ApiKey>(
    `insert into api_keys (site_id, name, scope, key_hash, prefix) values ($1, $2, $3, $4, $5) returning ${COLUMNS}`,
    [siteId, name, scope, hashOf(secret), secret.slice(0, PREFIX_LENGTH)],
  );
  return { key: key!, secret };
}

/** Every key, also those that were revoked, oldest first. */
export async function listApiKeys(db: Asked): Promise<ApiKey[]> {
  return await db.query<ApiKey>(`select ${COLUMNS} from api_keys order by id`);
}

/** Revokes a key, from the next request on. Answers whether it was in force. */
export async function revokeApiKey(db: Asked, id: number): Promise<boolean> {
  const revoked = await db.query(
    "update api_keys set revoked_at = now() where id = $1 and revoked_at is null returning id",
    [id],
  );
  return revoked.length > 0;
}

/** Whether the text has the form of a key. */
export function isApiKey(text: string): boolean {
  return KEY.test(text);
}

/**
 * The key in force that `secret` is; notes when it was used.
 *
 * It is found by its hash, so how long that takes tells about the hash only, from which nobody gets to the key.
 */
export async function findApiKey(db: Asked, secret: string): Promise<ApiKey | undefined> {
  const [found] = await db.query<ApiKey & { noted: boolean }>(
    `select ${COLUMNS}, coalesce(last_used_at > now() - interval '1 minute', false) as noted
     from api_keys where key_hash = $1 and revoked_at is null`,
    [hashOf(secret)],
  );
  if (!found) return undefined;
  const { noted, ...key } = found;
  if (!noted) await noteUse(db, key.id);
  return key;
}

async function noteUse(db: Asked, id: number): Promise<void> {
  try {
    await db.query("update api_keys set last_used_at = now() where id = $1", [id]);
  } catch (error) {
    // A server that is read-only for now still lets its readers read.
    if (!(error instanceof DatabaseUnavailable || error instanceof Conflict)) throw error;
    log.debug("the use of an API key could not be noted", { id, error });
  }
}

/** SHA-256: what makes guessing slow protects passwords that people think of; nobody guesses 256 random bits. */
function hashOf(secret: string): Uint8Array {
  return createHash("sha256").update(secret).digest();
}
