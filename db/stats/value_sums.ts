/** What the values of a dimension sum up to. */
import type { Database } from "../database.ts";
import {
  type Dimension,
  Params,
  SESSION_DIMENSIONS,
  type SessionDimension,
  type StatsQuery,
} from "./query.ts";
import { ask, type ChosenRows, columnOf, type Days, type Scope, scopeOf } from "./scope.ts";
import { ROW_SUMS } from "./totals.ts";

export interface ValueSums {
  /** That have the value; of a page or an event: that had it once. */
  sessions: number;
  pageviews: number;
  events: number;
  bounces: number;
  /** Of sessions: how many have a pageview. */
  viewed: number;
  /** Of sessions: their duration; of pages: the time on them. */
  seconds: number;
  /** How many sessions, or pageviews, `seconds` is of. */
  timed: number;
  /** Of sessions and pages: the time for which they were used, of those whose tracker measures it, and how many these are. */
  engaged: number;
  measured: number;
}

export function isSessionDimension(dimension: Dimension): dimension is SessionDimension {
  return (SESSION_DIMENSIONS as readonly string[]).includes(dimension);
}

/** What some values sum up to; one that never came is missing. */
export async function sumsOfValues(
  db: Database,
  query: StatsQuery,
  dimension: Dimension,
  values: readonly string[],
): Promise<Map<string, ValueSums>> {
  if (values.length === 0) return new Map();
  const params = new Params();
  const scope = await scopeOf(db, query, params);
  const rows = await ask<ValueSums & { value: string }>(
    db,
    sumsOfNamed(scope, dimension, values, query, params),
    params,
  );
  return new Map(rows.map((row) => [row.value, row]));
}

/** The same as SQL: one row for each value that occurs, with its text as `value`. */
export function sumsOfNamed(
  scope: Scope,
  dimension: Dimension,
  values: readonly string[],
  query: StatsQuery,
  params: Params,
): string {
  const site = params.add(query.site);
  const ids = `array(
      select w.value_id from dictionary w join unnest(${
    params.add(values)
  }::text[]) as wanted on w.value_hash = md5(wanted)::uuid
      where w.site_id = ${site}
    )`;
  return `
  select d.value, s.*
  from (${valueSums(scope, dimension, params, ids)}
  ) s
  join dictionary d on d.site_id = ${site} and d.value_id = s.value_id
  where s.value_id = any(${ids})`;
}

const COLUMNS = "value_id, sessions, pageviews, events, bounces, viewed, seconds, engaged, measured, timed";

const SUMMED: Record<keyof ValueSums, true> = {
  sessions: true,
  pageviews: true,
  events: true,
  bounces: true,
  viewed: true,
  seconds: true,
  timed: true,
  engaged: true,
  measured: true,
};
/** The columns of {@linkcode ValueSums}. */
export const VALUE_SUMS = Object.keys(SUMMED) as (keyof ValueSums)[];

/**
 * A row a value, as SQL: `value_id` and the columns of {@linkcode ValueSums}.
 *
 * @param wanted SQL for a list of numbers: other values may be missing, which is faster where these are rare
 */
export function valueSums(scope: Scope, dimension: Dimension, params: Params, wanted?: string): string {
  if (scope.kind === "rows") return sumsOfRows(scope, dimension, wanted);
  const name = params.add(dimension);
  return `
    select value_id, sum(sessions) as sessions, sum(pageviews) as pageviews, sum(events) as events, sum(bounces) as bounces,
      coalesce(sum(viewed), 0) as viewed, sum(seconds) as seconds, sum(timed) as timed, coalesce(sum(engaged), 0) as engaged, coalesce(sum(measured), 0) as measured
    from (
      select ${COLUMNS} from daily_value_sums where ${scope.rolledUp} and dimension = ${name}
      union all
      select ${COLUMNS} from hourly_value_sums where ${scope.inRolledHours} and dimension = ${name}
      union all
      select s.* from ${scope.openPeriods} p cross join lateral (${
    sumsOfPeriod(scope, dimension, wanted ?? "null")
  }) s
    ) parts
    group by value_id`;
}

/** Of the period `p`. */
function sumsOfPeriod({ site }: Days, dimension: Dimension, wanted: string): string {
  const period = `${site}, p.starts, p.ends`;
  switch (dimension) {
    case "page":
      return `select value_id, sessions, pageviews, 0, 0, 0, seconds, engaged, measured, timed from pages_between(${period}, ${wanted})`;
    case "event":
      return `select value_id, sessions, 0, events, 0, 0, 0, 0, 0, 0 from event_names_between(${period}, ${wanted})`;
    default:
      return `select s.${
        columnOf(dimension)
      } as value_id, ${ROW_SUMS}, count(*) as timed from sessions_starting(${period}) s group by 1`;
  }
}

function sumsOfRows({ where }: ChosenRows, dimension: Dimension, wanted?: string): string {
  const whole = `${where} and is_whole(s)${
    wanted === undefined ? "" : ` and s.${dimension}_ids && ${wanted}`
  }`;
  switch (dimension) {
    case "page":
      return `
    select value_id, sum(sessions) as sessions, sum(pageviews) as pageviews, 0 as events, 0 as bounces, 0 as viewed, sum(seconds) as seconds,
      sum(timed) as timed, sum(engaged) as engaged, sum(measured) as measured
    from (
      select value_id, count(*) filter (where array_position(page_ids, value_id) = place) as sessions, count(*) as pageviews,
        coalesce(sum(seconds), 0) as seconds, count(seconds) as timed, coalesce(sum(engaged), 0) as engaged, count(engaged) as measured
      from (
        select s.page_ids, unnest(s.page_ids) as value_id, unnest(s.page_seconds) as seconds, unnest(s.page_engaged) as engaged,
          generate_subscripts(s.page_ids, 1) as place
        from session_rows s
        where ${whole}
      ) views
      group by value_id
      union all
      select page, count(distinct session_id), count(*), coalesce(sum(time_on_page_seconds), 0), count(time_on_page_seconds),
        coalesce(sum(engaged_seconds), 0), count(engaged_seconds)
      from (${viewsOfCutSessions(where)}) views
      group by page
    ) parts
    group by value_id`;
    case "event":
      return `
    select value_id, sum(sessions) as sessions, 0 as pageviews, sum(events) as events, 0 as bounces, 0 as viewed, 0 as seconds, 0 as timed,
      0 as engaged, 0 as measured
    from (
      select value_id, count(*) filter (where array_position(event_ids, value_id) = place) as sessions, count(*) as events
      from (
        select s.event_ids, unnest(s.event_ids) as value_id, generate_subscripts(s.event_ids, 1) as place
        from session_rows s
        where ${whole}
      ) steps
      group by value_id
      union all
      select d.value_id, count(distinct e.session_id), count(*)
      from (${cutSessions(where)}) s
      join user_events e using (site_id, session_id)
      join dictionary d on d.site_id = e.site_id and d.value_hash = md5(e.event_type)::uuid
      group by d.value_id
    ) parts
    group by value_id`;
    default:
      return `
    select s.${
        columnOf(dimension)
      } as value_id, ${ROW_SUMS}, count(*) as timed from session_rows s where ${where} group by 1`;
  }
}

/** Their pageviews, from the facts, with the number of the `page`. */
export function viewsOfCutSessions(where: string): string {
  return `
        select d.value_id as page, v.session_id, v.time_on_page_seconds, v.engaged_seconds
        from (${cutSessions(where)}) s
        join pageviews v using (site_id, session_id)
        join dictionary d on d.site_id = v.site_id and d.value_hash = md5(v.path)::uuid`;
}

/** The chosen sessions whose rows do not hold all of their steps. `offset 0`: they are few, and found first. */
function cutSessions(where: string): string {
  return `select s.site_id, s.session_id from session_rows s where ${where} and not is_whole(s) offset 0`;
}
