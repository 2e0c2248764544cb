import type { Database } from "../db/database.ts";
import { fillDatabase } from "../traffic/fill.ts";
import { withBenchDatabase } from "./database.ts";
import { idOfCopy } from "./history.ts";

/** Raw events that can be put into any database of a server, as often as they are needed. */
export interface Backlog {
  /** Pageviews, interactions and exits. */
  events: number;
  /** Rows of `events_log` that they are in. */
  rows: number;
  /** Puts a copy into `db`; each `copy` (0 to 4,095) has sessions, visitors and ids of its own. */
  add(db: Database, copy: number): Promise<void>;
}

/** Generates traffic once: `add` is quicker than the collector. */
export async function makeBacklog(serverUrl: string, events: number): Promise<Backlog> {
  return await withBenchDatabase(serverUrl, async (db) => {
    await fillDatabase(db, {
      siteId: "shop",
      events,
      days: 30,
      seed: 1,
      until: new Date(),
      ipMode: "truncate",
    });
    const [made] = await db.query<{ file: string; rows: number }>(
      `select current_setting('data_directory') || '/backlog.copy' as file, count(*) as rows from events_log_pending`,
    );
    const { file, rows } = made!;
    await db.exec(`copy (select * from events_log_pending order by id) to '${file}'`);
    return { events, rows, add: (other, copy) => addCopy(other, file, copy) };
  });
}

async function addCopy(db: Database, file: string, copy: number): Promise<void> {
  const [known] = await db.query<{ is: boolean }>(`select to_regclass('backlog') is not null as is`);
  if (!known!.is) await db.exec(`create table backlog (like events_log); copy backlog from '${file}'`);
  const [eventId, sessionId, visitorId] = ["event_id::text", "session_id", "visitor_id"]
    .map((id) => idOfCopy(id, String(copy)));
  await db.exec(`
    insert into events_log (
      event_id, event_type, session_id, visitor_id, site_id, timestamp, url, path, user_agent, ip_address, raw_event_data
    )
    select
      ${eventId}::uuid, event_type, ${sessionId}, ${visitorId}, site_id, timestamp, url, path, user_agent, ip_address,
      raw_event_data
    from backlog order by id`);
}
