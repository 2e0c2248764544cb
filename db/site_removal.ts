import type { Asked } from "./database.ts";
import { MARK_DAYS } from "./site_directory.ts";
import type { RowCount } from "./visitor_record.ts";

/** What {@linkcode removeSite} did, or would do. */
export interface Removed {
  /** Whether the site was registered. */
  registered: boolean;
  /** API keys and share links that were in force. */
  keys: number;
  links: number;
}

// Rows deleted in one transaction, during which the ETL waits; as many as retention deletes.
const CHUNK_ROWS = 10_000;
// The next pass deletes what a batch or a roll-up wrote during the last one. While events keep coming, there is no end.
const PASSES = 5;
// A slice of a rebuild, which may be looking up texts, takes less than a second.
const ATTEMPTS = 50;
const WAIT_MS = 100;

const IN_FORCE = "site_id = $1 and revoked_at is null";

/**
 * Forgets a site and revokes its API keys and share links, in one transaction; also those of a site that was never
 * added. Its rows stay, and its days are those of UTC.
 */
export async function removeSite(db: Asked, siteId: string): Promise<Removed> {
  const [removed] = await db.query<Removed>(
    `with removed as (delete from sites where site_id = $1 returning site_id, timezone),
     keys as (update api_keys set revoked_at = now() where ${IN_FORCE} returning id),
     links as (update share_links set revoked_at = now() where ${IN_FORCE} returning id),
     marked as (
       ${MARK_DAYS} join removed r on r.site_id = m.site_id where r.timezone <> 'UTC'
     )
     select exists (select from removed) as registered, (select count(*) from keys) as keys, (select count(*) from links) as links`,
    [siteId],
  );
  return removed!;
}

/** What {@linkcode removeSite} would do now. */
export async function previewRemoval(db: Asked, siteId: string): Promise<Removed> {
  const [removed] = await db.query<Removed>(
    `select exists (select from sites where site_id = $1) as registered,
       (select count(*) from api_keys where ${IN_FORCE}) as keys,
       (select count(*) from share_links where ${IN_FORCE}) as links`,
    [siteId],
  );
  return removed!;
}

/** Whether the site was added, or any table has a row of it. */
export async function isSiteKnown(db: Asked, siteId: string): Promise<boolean> {
  const [row] = await db.query<{ known: boolean }>("select is_site_known($1) as known", [siteId]);
  return row!.known;
}

/** The number of rows of a site in each table that has any, without its settings. */
export async function countSiteRows(db: Asked, siteId: string): Promise<RowCount[]> {
  return await db.query<RowCount & Record<string, unknown>>(
    `select table_name as "table", row_count as rows from count_site_rows($1)`,
    [siteId],
  );
}

/**
 * Deletes every row of a removed site in chunks, one transaction each, and yields what each chunk deleted. After an
 * interruption, the next call continues.
 *
 * @throws {Error} If the site is registered, again perhaps; or its rows keep coming
 */
export async function* deleteSiteRows(db: Asked, siteId: string): AsyncGenerator<RowCount> {
  for (let pass = 1; pass <= PASSES; pass++) {
    const tables = await db.query<{ name: string; part: string }>("select name, part from site_tables()");
    let deleted = 0;
    for (const { name, part } of tables) {
      for await (const rows of deleteChunks(db, siteId, part)) {
        deleted += rows;
        yield { table: name, rows };
      }
    }
    if (deleted === 0) return;
  }
  throw new Error(
    `Cannot delete all of ${siteId}: rows keep coming. Stop its trackers, and the collectors' OPEN_REGISTRATION, ` +
      "and run it again",
  );
}

type Chunk = { rows: number; reached: number | null };

async function* deleteChunks(db: Asked, siteId: string, part: string): AsyncGenerator<number> {
  let attempts = 0;
  for (let since: number | null = 0; since !== null && attempts < ATTEMPTS;) {
    const chunks: Chunk[] = await db.query<Chunk>(
      "select rows, reached from delete_site_rows($1, $2, $3, $4)",
      [siteId, part, since, CHUNK_ROWS],
    );
    const { rows, reached }: Chunk = chunks[0]!;
    if (rows > 0) yield rows;
    if (rows === 0 && reached === since) {
      attempts++;
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
    since = reached;
  }
}
