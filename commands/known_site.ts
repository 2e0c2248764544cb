import { suggest } from "./arguments.ts";
import { CommandError } from "./command.ts";
import type { Asked } from "../db/database.ts";

/** @throws {CommandError} If nothing is known of the site: it was never added, and no event came from it */
export async function requireSite(db: Asked, siteId: string): Promise<void> {
  const [row] = await db.query<{ known: boolean }>(
    `select exists (select from sites where site_id = $1) or exists (select from user_sessions where site_id = $1)
       or exists (select from events_log_pending where site_id = $1) or exists (select from events_log where site_id = $1)
       as known`,
    [siteId],
  );
  if (row!.known) return;
  const sites = await db.query<{ id: string }>(
    "select site_id as id from sites union select site_id from sites_with_facts()",
  );
  throw new CommandError(`Cannot find the site "${siteId}"${suggest(siteId, sites.map(({ id }) => id))}`);
}
