import type { FunnelStep, FunnelUnit } from "../db/stats/funnel.ts";
import { askRaw, type RawAnswer } from "./raw_answers.ts";
import { visitsOf } from "./raw_rows.ts";

/** The pageviews and events of chosen sessions in order: those of one millisecond in their order in the session. */
const MOMENTS = `
  , moments as (
    select session_id, visitor_id, page, event,
      date_trunc('milliseconds', at) + row_number() over (partition by session_id order by at, is_event, id) * interval '1 microsecond' as at
    from (
      select c.session_id, c.visitor_id, r.path as page, null as event, r.view_timestamp as at, false as is_event, r.id
      from chosen c join pageviews r using (site_id, session_id)
      union all
      select c.session_id, c.visitor_id, null, r.event_type, r.event_timestamp, true, r.id
      from chosen c join user_events r using (site_id, session_id)
    ) steps
  )`;

/** Who took the steps one after the other: `count`, and the median of the seconds since the step before. */
export const rawFunnel = (steps: readonly FunnelStep[], unit: FunnelUnit): RawAnswer => (db, query) =>
  askRaw(db, query, (_, params) => {
    const taken = ({ page, event }: FunnelStep) =>
      `select ${unit}_id as unit, at from moments where ${page === undefined ? "event" : "page"} = ${
        params.add(page ?? event)
      }`;
    const tables = steps.map((step, i) =>
      i === 0
        ? `step_0 as (select unit, min(at) as at, null::timestamptz as before from (${
          taken(step)
        }) taken group by unit)`
        : `step_${i} as (
          select b.unit, min(taken.at) as at, b.at as before
          from step_${i - 1} b join (${taken(step)}) taken on taken.unit = b.unit and taken.at > b.at
          group by b.unit, b.at
        )`
    );
    const seconds = "extract(epoch from date_trunc('milliseconds', at) - date_trunc('milliseconds', before))";
    const rows = steps.map((_, i) =>
      `select ${i} as place, count(*) as count, percentile_cont(0.5) within group (order by ${seconds}::float8) as "medianSeconds"
       from step_${i}`
    );
    return `${MOMENTS}, ${tables.join(", ")} select count, "medianSeconds" from (${
      rows.join(" union all ")
    }) steps order by place`;
  });

/** The pages before and after a page; repeated views of a page in a row are one. */
export const rawJourneys = (page: string): RawAnswer => async (db, query) =>
  (await askRaw(db, query, (_, params) => {
    const asked = params.add(page);
    const top = (column: string) =>
      `(select jsonb_agg(jsonb_build_object('value', value, 'count', count) order by count desc, value collate "C" nulls first)
        from (select ${column} as value, count(*) as count from ways where path = ${asked} group by 1
              order by count(*) desc, ${column} collate "C" nulls first limit 10) counted)`;
    return `
  , walked as (
    select session_id, r.path, r.view_timestamp, r.id, lag(r.path) over (partition by session_id order by r.view_timestamp, r.id) as before
    from chosen join pageviews r using (site_id, session_id)
  ),
  ways as materialized (
    select session_id, path, lag(path) over w as previous, lead(path) over w as next
    from walked where path is distinct from before
    window w as (partition by session_id order by view_timestamp, id)
  )
  select count(*) as views, count(distinct session_id) as sessions, ${top("previous")} as previous, ${
      top("next")
    } as next
  from ways where path = ${asked}`;
  }))[0];

/** Visitors by the week of their first visit of all, and in how many weeks since they came. */
export const rawRetention: RawAnswer = (db, query) =>
  askRaw(db, query, (_, params) => {
    const [from, to, zone] = [query.range.from, query.range.to, query.timezone].map((value) =>
      params.add(value)
    );
    return `
  , everything as (
    select visitor_id, session_start as at from bounds, user_sessions where site_id = site
    union all
    select visitor_id, view_timestamp from bounds, pageviews where site_id = site
  ),
  firsts as (select visitor_id, (min(at) at time zone ${zone})::date as first_day from everything group by visitor_id),
  seen as materialized (
    select distinct visitor_id, date_trunc('week', first_day)::date as cohort, date_trunc('week', at at time zone ${zone})::date as week
    from (${visitsOf(query)}) visits join firsts using (visitor_id)
    where first_day >= ${from}::date
  ),
  sizes as materialized (select cohort, count(distinct visitor_id) as visitors from seen group by cohort),
  counts as materialized (select cohort, week, count(*) as visitors from seen group by cohort, week),
  weeks as (
    select week::date as week from generate_series(date_trunc('week', ${from}::timestamp), ${to}::timestamp, interval '1 week') as week
  )
  select w.week::text as week, coalesce((select visitors from sizes z where z.cohort = w.week), 0) as visitors,
    array(
      select coalesce((select visitors from counts c where c.cohort = w.week and c.week = later.week), 0)::integer
      from weeks later where later.week >= w.week order by later.week
    ) as returned
  from weeks w order by w.week`;
  });
