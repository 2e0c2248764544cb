import type { Queryable } from "../db/database.ts";
import type { StatsQuery } from "../db/stats/query.ts";

/** The same answer as one of `db/stats`, from the rows of sessions, pageviews and events: what it costs without roll-ups. */
export type RawAnswer = (db: Queryable, query: StatsQuery) => Promise<unknown>;

const BOUNDS =
  `(select $2::date::timestamp at time zone $4 as starts, ($3::date + 1)::timestamp at time zone $4 as ends) b`;

const SESSIONS =
  `user_sessions s where s.site_id = $1 and s.session_start >= starts and s.session_start < ends`;
const PAGEVIEWS =
  `pageviews v where v.site_id = $1 and v.view_timestamp >= starts and v.view_timestamp < ends`;
const EVENTS =
  `user_events e where e.site_id = $1 and e.event_timestamp >= starts and e.event_timestamp < ends`;

const ask = (sql: string): RawAnswer => (db, { site, range, timezone }) =>
  db.query(sql, [site, range.from, range.to, timezone]);

export const rawOverview = ask(`
  select
    (select count(distinct visitor_id) from (
      select s.visitor_id from ${SESSIONS} union all select v.visitor_id from ${PAGEVIEWS}) seen) as visitors,
    (select count(*) from ${SESSIONS}) as sessions,
    (select count(*) from ${PAGEVIEWS}) as pageviews,
    (select count(*) from ${EVENTS}) as events,
    (select avg(s.bounce::int) from ${SESSIONS}) as bounce_rate,
    (select avg(s.duration_seconds) from ${SESSIONS}) as session_seconds
  from ${BOUNDS}`);

export const rawTimeseries = ask(`
  select (v.view_timestamp at time zone $4)::date as day, count(*) as pageviews, count(distinct v.visitor_id) as visitors
  from ${BOUNDS}, lateral (select v.view_timestamp, v.visitor_id from ${PAGEVIEWS}) v
  group by 1 order by 1`);

export const rawPages = ask(`
  select v.path, count(*) as pageviews, count(distinct v.session_id) as sessions, avg(v.time_on_page_seconds) as seconds
  from ${BOUNDS}, lateral (select v.path, v.session_id, v.time_on_page_seconds from ${PAGEVIEWS}) v
  group by 1 order by 2 desc limit 10`);

export const rawBreakdown = (column: string): RawAnswer =>
  ask(`
  select s.${column}, count(*) as sessions, avg(s.bounce::int) as bounce_rate, avg(s.duration_seconds) as seconds
  from ${BOUNDS}, lateral (select s.* from ${SESSIONS}) s
  group by 1 order by 2 desc limit 10`);

export const rawBrowsers = ask(`
  select a.browser, count(*) as sessions, avg(s.bounce::int) as bounce_rate, avg(s.duration_seconds) as seconds
  from ${BOUNDS}, lateral (select s.* from ${SESSIONS}) s left join user_agents a using (user_agent)
  group by 1 order by 2 desc limit 10`);

export const rawEvents = ask(`
  select e.event_type, count(*) as events, count(distinct e.session_id) as sessions
  from ${BOUNDS}, lateral (select e.event_type, e.session_id from ${EVENTS}) e
  group by 1 order by 2 desc limit 10`);
