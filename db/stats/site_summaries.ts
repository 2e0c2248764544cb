import type { Queryable } from "../database.ts";
import type { StatsSite } from "./sites.ts";
import { visitorCount } from "./visitors.ts";

/** A site with its last 30 days, today included. */
export interface SiteSummary extends StatsSite {
  visitors: number;
  pageviews: number;
}

/** Every site that was added or has sessions, by id. */
export async function siteSummaries(db: Queryable, now: Date): Promise<SiteSummary[]> {
  const visitors = visitorCount({
    site: "r.site_id",
    from: "r.first_day",
    to: "r.last_day",
    openDays: "r.open_days",
  });
  return await db.query<SiteSummary>(
    `
  with known as (
    select
      coalesce(s.site_id, f.site_id) as site_id, coalesce(s.domains, '{}') as domains,
      coalesce(s.timezone, 'UTC') as timezone, s.site_id is not null as registered,
      ($1::timestamptz at time zone coalesce(s.timezone, 'UTC'))::date as last_day
    from sites s
    full join sites_with_facts() f on f.site_id = s.site_id
  ),
  recent as (
    select *, last_day - 29 as first_day, array(
      select distinct d.metric_date from stale_days d
      where d.site_id = known.site_id and d.metric_date between last_day - 29 and last_day
    ) as open_days
    from known
  )
  select
    r.site_id as site, r.domains, r.timezone, r.registered, (${visitors}) as visitors,
    (select coalesce(sum(m.pageviews), 0) from hourly_site_metrics m
     where m.site_id = r.site_id and m.day between r.first_day and r.last_day and m.day <> all(r.open_days))
    + (select coalesce(sum(t.pageviews), 0) from totals_of_days(r.site_id, r.open_days) t) as pageviews
  from recent r
  order by r.site_id collate "C"`,
    [now],
  );
}
