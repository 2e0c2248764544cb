import type { Queryable } from "../database.ts";

/** When the site's latest event came, processed or not; null where none ever did. */
export async function lastEventAt(db: Queryable, site: string): Promise<Date | null> {
  const [row] = await db.query<{ at: Date | null }>(
    `select greatest(
       (select max(created_at) from events_log_pending where site_id = $1),
       (select coalesce(last_event_at, session_start) from user_sessions where site_id = $1
        order by session_start desc limit 1)
     ) as at`,
    [site],
  );
  return row!.at;
}
