import type { Queryable } from "../db/database.ts";
import { Params, type StatsQuery } from "../db/stats/query.ts";
import { usualInterval } from "../db/stats/period.ts";
import { chosenRows, visitsOf } from "./raw_rows.ts";

/**
 * The same answer as one of `db/stats`, or the most of it, said plainly over the rows of sessions, pageviews and events: what it costs
 * without roll-ups. `tests/raw_answers_test.ts` holds both against each other.
 */
export type RawAnswer = (db: Queryable, query: StatsQuery) => Promise<unknown>;

/** What a statement over {@linkcode chosenRows} answers: its rows. */
export type RawStatement = (query: StatsQuery, params: Params) => string;

export async function askRaw(db: Queryable, query: StatsQuery, statement: RawStatement): Promise<unknown[]> {
  const params = new Params();
  const rows = chosenRows(query, params);
  return await db.query(`with ${rows} ${statement(query, params)}`, params.values);
}

const list = (statement: RawStatement): RawAnswer => (db, query) => askRaw(db, query, statement);
const one = (statement: RawStatement): RawAnswer => async (db, query) =>
  (await askRaw(db, query, statement))[0];
const breakdownOf = (statement: RawStatement): RawAnswer => async (db, query) => ({
  rows: await askRaw(db, query, statement),
});

/** With filters pageviews and events count with their session, else when they happen. */
const countsOf = (query: StatsQuery) =>
  query.filters.length > 0
    ? "select session_start as at, pageview_count as pageviews, event_count as events from chosen"
    : "select view_timestamp as at, 1 as pageviews, 0 as events from views union all select event_timestamp, 0, 1 from events";

export const rawOverview = one((query) => `
  select
    (select count(distinct visitor_id) from (${visitsOf(query)}) visits) as visitors,
    s.sessions, c.pageviews, c.events, s.bounces::float8 / s.sessions as "bounceRate", s.seconds::float8 / s.sessions as "sessionSeconds"
  from (select count(*) as sessions, sum(bounce::integer) as bounces, sum(duration_seconds) as seconds from chosen) s,
    (select coalesce(sum(pageviews), 0) as pageviews, coalesce(sum(events), 0) as events from (${
  countsOf(query)
}) counts) c`);

export const rawTimeseries = list((query, params) => {
  const [from, to, zone] = [query.range.from, query.range.to, query.timezone].map((value) =>
    params.add(value)
  );
  const bucket = (at: string) =>
    `greatest(date_trunc('${usualInterval(query.range)}', ${at})::date, ${from}::date)::text`;
  const local = bucket(`at at time zone ${zone}`);
  return `
  select label, coalesce(visitors, 0) as visitors, coalesce(sessions, 0) as sessions, coalesce(pageviews, 0) as pageviews,
    coalesce(events, 0) as events
  from (select distinct ${
    bucket("day")
  } as label from generate_series(${from}::date, ${to}::date, interval '1 day') as day) labels
  left join (select ${local} as label, count(distinct visitor_id) as visitors from (${
    visitsOf(query)
  }) visits group by 1) v using (label)
  left join (select ${local} as label, count(*) as sessions from (select session_start as at from chosen) starts group by 1) s using (label)
  left join (
    select ${local} as label, sum(pageviews) as pageviews, sum(events) as events from (${
    countsOf(query)
  }) counts group by 1
  ) c using (label)
  order by label`;
});

interface Told {
  limit?: number;
  /** Whether to count the visitors of each value. */
  visitors?: boolean;
}

const visitorsOf = ({ visitors = false }: Told) => visitors ? ", count(distinct visitor_id) as visitors" : "";

export const rawPages = (told: Told = {}): RawAnswer =>
  breakdownOf(() => `
  select path as value, count(*) as pageviews, count(distinct session_id) as sessions,
    sum(time_on_page_seconds)::float8 / count(time_on_page_seconds) as seconds${visitorsOf(told)}
  from views
  group by path order by count(*) desc, count(distinct session_id) desc, path collate "C" limit ${
    told.limit ?? 10
  }`);

/** Of what a session has one value of. @param value in SQL, of a session `s` and its agent `a` */
export const rawBreakdown = (value: string, told: Told = {}): RawAnswer =>
  breakdownOf(() => `
  select value, count(*) as sessions, sum(bounce::integer)::float8 / count(*) as "bounceRate",
    sum(duration_seconds)::float8 / count(*) as seconds${visitorsOf(told)}
  from (select coalesce(${value}, '') as value, s.* from chosen s left join user_agents a using (user_agent)) valued
  group by value order by count(*) desc, value collate "C" limit ${told.limit ?? 10}`);

export const rawEvents = breakdownOf(() => `
  select event_type as value, count(*) as events, count(distinct session_id) as sessions
  from events
  group by event_type order by count(*) desc, count(distinct session_id) desc, event_type collate "C" limit 10`);

export const rawGoals = list(() => `
  select g.name, coalesce(c.completions, 0) as completions, coalesce(c.sessions, 0) as sessions,
    coalesce(c.sessions, 0)::float8 / (select nullif(count(*), 0) from chosen) as rate
  from goals g, bounds b, lateral (
    select count(*) as completions, count(distinct session_id) as sessions
    from (
      select session_id from views where g.page = path
      union all
      select session_id from events where g.event_name = event_type
    ) done
  ) c
  where g.site_id = b.site
  order by g.name collate "C"`);

export const rawForms = list(() => `
  , uses as (
    select coalesce(form_id, '') as form, event_type, page_path from events where event_type in ('form_start', 'form_submit', 'form_abandon')
  ),
  forms as (
    select form, count(*) filter (where event_type = 'form_start') as starts, count(*) filter (where event_type = 'form_submit') as submissions,
      count(*) filter (where event_type = 'form_abandon') as abandonments
    from uses group by form
  )
  select *, (select count(*) from views where path in (select page_path from uses u where u.form = f.form)) as views
  from forms f
  order by greatest(starts, submissions) desc, form collate "C"`);

export const rawScroll = list(() => `
  , depths as materialized (
    select page_path as path, scroll_percentage as depth, count(*)::float8 as count
    from events where event_type = 'scroll_depth' group by 1, 2
  ),
  pages as (
    select path, count(*) as pageviews, count(distinct session_id) as sessions
    from views group by path order by 2 desc, 3 desc, path collate "C" limit 100
  )
  select path as value, pageviews, (
    select jsonb_object_agg(step, least(coalesce((select count from depths d where d.path = p.path and d.depth = step), 0) / pageviews, 1))
    from unnest(array[25, 50, 75, 100]) as step) as reached
  from pages p
  order by pageviews desc, sessions desc, path collate "C"`);

/** @param name of the event */
export const rawProperties = (name: string): RawAnswer =>
  one((_, params) => `
  , named as materialized (select session_id, event_data from events where event_type = ${params.add(name)}),
  counts as (
    select property.name as property, property.value #>> '{}' as value, count(*) as events
    from named, jsonb_each(event_data) as property(name, value) group by 1, 2
  ),
  ranked as (
    select *, row_number() over (partition by property order by events desc, value collate "C") as place,
      sum(events) over (partition by property) as property_events
    from counts
  )
  select (select count(*) from named) as events, (select count(distinct session_id) from named) as sessions, (
    select jsonb_agg(jsonb_build_object('property', property, 'values', values) order by property_events desc, property collate "C")
    from (
      select property, property_events, jsonb_agg(jsonb_build_object('value', value, 'events', events) order by place) as values
      from ranked where place <= 20 group by 1, 2
    ) properties
  ) as properties`);
