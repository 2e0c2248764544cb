import type { Queryable } from "../database.ts";
import type { StatsSite } from "./sites.ts";

/** A site with its last 30 days, today included. */
export interface SiteSummary extends StatsSite {
  visitors: number;
  pageviews: number;
}

/** Every site that was added or has sessions, by id. */
export async function siteSummaries(db: Queryable, now: Date): Promise<SiteSummary[]> {
  return await db.query<SiteSummary>(
    `
  with known as (
    select
      coalesce(s.site_id, f.site_id) as site_id, coalesce(s.domains, '{}') as domains,
      coalesce(s.timezone, 'UTC') as timezone, s.site_id is not null as registered
    from sites s
    full join sites_with_facts() f on f.site_id = s.site_id
  ),
  recent as (
    select *, ($1::timestamptz at time zone timezone)::date - 29 as first_day from known
  )
  select
    r.site_id as site, r.domains, r.timezone, r.registered,
    (select coalesce(sum(v.visitors), 0) from visitor_returns v
     where v.site_id = r.site_id and v.day >= r.first_day
       and (v.previous_day is null or v.previous_day < r.first_day)) as visitors,
    (select coalesce(sum(m.pageviews), 0) from hourly_site_metrics m
     where m.site_id = r.site_id and m.day >= r.first_day) as pageviews
  from recent r
  order by r.site_id collate "C"`,
    [now],
  );
}
