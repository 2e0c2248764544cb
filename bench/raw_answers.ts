import type { Queryable } from "../db/database.ts";
import { Params, type StatsQuery } from "../db/stats/query.ts";
import { usualInterval } from "../db/stats/period.ts";
import { chosenRows, visitsOf } from "./raw_rows.ts";

/**
 * The same answer as one of `db/stats`, or most of it, by plain SQL over the facts. `tests/raw_answers_test.ts` compares the two.
 */
export type RawAnswer = (db: Queryable, query: StatsQuery) => Promise<unknown>;

/** A statement over {@linkcode chosenRows}. */
export type RawStatement = (query: StatsQuery, params: Params) => string;

export async function askRaw(db: Queryable, query: StatsQuery, statement: RawStatement): Promise<unknown[]> {
  const params = new Params();
  const rows = chosenRows(query, params);
  return await db.query(`with ${rows} ${statement(query, params)}`, params.values);
}

/** The rows of a statement. */
export const list = (statement: RawStatement): RawAnswer => (db, query) => askRaw(db, query, statement);
/** The only row of a statement. */
export const one = (statement: RawStatement): RawAnswer => async (db, query) =>
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
    s.sessions, c.pageviews, c.events, s.bounces::float8 / s.viewed as "bounceRate", s.seconds::float8 / s.sessions as "sessionSeconds"
  from (select count(*) as sessions, count(*) filter (where pageview_count > 0) as viewed, sum(bounce::integer) as bounces,
      sum(duration_seconds) as seconds from chosen) s,
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
  select value, count(*) as sessions, sum(bounce::integer)::float8 / nullif(count(*) filter (where pageview_count > 0), 0) as "bounceRate",
    sum(duration_seconds)::float8 / count(*) as seconds${visitorsOf(told)}
  from (select coalesce(${value}, '') as value, s.* from chosen s left join user_agents a using (user_agent)) valued
  group by value order by count(*) desc, value collate "C" limit ${told.limit ?? 10}`);

export const rawEvents = breakdownOf(() => `
  select event_type as value, count(*) as events, count(distinct session_id) as sessions
  from events
  group by event_type order by count(*) desc, count(distinct session_id) desc, event_type collate "C" limit 10`);
