import type { Queryable } from "../database.ts";

/** A site that can be asked about: one that was added, or of which there are events. */
export interface StatsSite {
  site: string;
  domains: string[];
  /** IANA name; UTC for a site that was never added. */
  timezone: string;
  /** Whether it was added, rather than just seen. */
  registered: boolean;
}

/** A site, and the days that periods are counted from: its own, `YYYY-MM-DD`. */
export interface SiteDays extends StatsSite {
  today: string;
  /** The first day of which anything is known; null where nothing is. */
  firstDay: string | null;
  /** After an upgrade: sessions that started before it are not counted yet. Null once all are. */
  incompleteBefore: Date | null;
}

/** The site of this id, or undefined where it was neither added nor seen. */
export async function findSite(db: Queryable, site: string, now: Date): Promise<SiteDays | undefined> {
  const [found] = await db.query<SiteDays>(
    `
  select
    asked.site_id as site, coalesce(s.domains, '{}') as domains, coalesce(s.timezone, 'UTC') as timezone,
    s.site_id is not null as registered, ($2::timestamptz at time zone coalesce(s.timezone, 'UTC'))::date as today,
    (first.at at time zone coalesce(s.timezone, 'UTC'))::date as "firstDay",
    (
      select max(least(r.reached, $2)) from rebuilds r where r.is_upgrade and r.finished_at is null and first.at < r.reached
    ) as "incompleteBefore"
  from (select $1::text as site_id) asked
  cross join lateral (select min(u.session_start) as at from user_sessions u where u.site_id = asked.site_id) first
  left join sites s on s.site_id = asked.site_id
  where s.site_id is not null
    or exists (select from user_sessions u where u.site_id = asked.site_id)
    or exists (select from events_log_pending e where e.site_id = asked.site_id)`,
    [site, now],
  );
  return found;
}

/** Before which moment sessions are missing in days from `from` on; null where none are. */
export function missingBefore(
  { timezone, incompleteBefore }: Pick<SiteDays, "timezone" | "incompleteBefore">,
  from: string,
): Date | null {
  if (incompleteBefore === null) return null;
  const midnight = Temporal.PlainDate.from(from).toZonedDateTime(timezone).epochMilliseconds;
  return midnight < incompleteBefore.getTime() ? incompleteBefore : null;
}

/** Every site that was added or has sessions, by id. */
export async function knownSites(db: Queryable): Promise<StatsSite[]> {
  return await db.query<StatsSite>(`
  select
    coalesce(s.site_id, f.site_id) as site, coalesce(s.domains, '{}') as domains,
    coalesce(s.timezone, 'UTC') as timezone, s.site_id is not null as registered
  from sites s
  full join sites_with_facts() f on f.site_id = s.site_id
  order by coalesce(s.site_id, f.site_id) collate "C"`);
}
