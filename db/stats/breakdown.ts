import type { Database } from "../database.ts";
import { totalsWithoutVisitors } from "./overview.ts";
import { type Dimension, Params, type StatsQuery } from "./query.ts";
import { ask, chosenRows, columnOf, scopeOf } from "./scope.ts";
import { isSessionDimension, type ValueSums, valueSums } from "./value_sums.ts";

export interface BreakdownOptions {
  /** Most rows; 10. */
  limit?: number;
  /** How many rows to leave out first; 0. */
  offset?: number;
  /** Only values that contain one of these, whatever their case; none: all values. */
  search?: readonly string[];
  /** Of events: only those that the tracker sends by itself, or only the others; the total is theirs. */
  automatic?: boolean;
  /** Only these values. */
  among?: readonly string[];
  /** Whether to count the visitors of each value, too, which takes the longer the more sessions there are. */
  visitors?: boolean;
}

/** The figures of one value of a dimension. */
export interface BreakdownRow {
  /** `""` where it is unknown. */
  value: string;
  /** That have the value; of a page or an event: that had it once. */
  sessions: number;
  /** Of a page: its own. */
  pageviews: number;
  /** Of an event: its own. */
  events: number;
  /** 0..1; null for pages and events. */
  bounceRate: number | null;
  /** Mean duration of its sessions; of a page: mean time on it; null where there is none, and for events. */
  seconds: number | null;
  /** Mean time for which its sessions, or the page, were used, of those whose tracker measures it; null where there is none. */
  engagedSeconds: number | null;
  visitors?: number;
}

export interface Breakdown {
  /** Of the whole range, whatever the search: every session, pageview and event in it. */
  total: { sessions: number; pageviews: number; events: number };
  /** By sessions (pages: pageviews; events: events), the most first. */
  rows: BreakdownRow[];
  /** Always null: every value is kept, however rare. */
  others: null;
  /** How many values there are, with the search. */
  count: number;
}

type Row = ValueSums & { value: string; value_id: number };

/** The range by the values of a dimension. */
export async function breakdown(
  db: Database,
  query: StatsQuery,
  dimension: Dimension,
  options: BreakdownOptions = {},
): Promise<Breakdown> {
  const found = await topValues(db, query, dimension, options);
  const rows = found.rows.map((row) => readRow(row, dimension));
  if (options.visitors) {
    await addVisitors(db, query, dimension, found.rows.map(({ value_id }) => value_id), rows);
  }
  return {
    total: found.total,
    rows,
    others: null,
    count: found.count,
  };
}

async function topValues(
  db: Database,
  query: StatsQuery,
  dimension: Dimension,
  { limit = 10, offset = 0, search = [], among, automatic }: BreakdownOptions,
): Promise<{ rows: Row[]; count: number; total: Breakdown["total"] }> {
  const params = new Params();
  const scope = await scopeOf(db, query, params);
  const sums = valueSums(scope, dimension, params);
  const site = params.add(query.site);
  const isWanted = [
    ...(automatic === undefined ? [] : [`is_automatic_event(d.value) = ${automatic}`]),
    ...(search.length === 0 ? [] : [`exists (
      select from unnest(searched_texts('${dimension}', ${
      params.add(search)
    }::text[])) as text where strpos(fold_case(d.value), text) > 0
    )`]),
    ...(among === undefined ? [] : [`d.value = any(${params.add(among)}::text[])`]),
  ];
  // Each session has one value of its dimensions, so these add up; a session may have several pages, and events.
  const everything = isSessionDimension(dimension)
    ? "sums"
    : automatic === undefined
    ? `(${totalsWithoutVisitors(scope)}) totals`
    : "found";
  const order = `${weightOf(dimension)} desc, sessions desc, value collate "C"`;
  const [found] = await ask<{ rows: Row[]; count: number; total: Breakdown["total"] }>(
    db,
    `
  with sums as (${sums}
  ),
  found as materialized (
    select d.value, s.*
    from sums s
    join dictionary d on d.site_id = ${site} and d.value_id = s.value_id
    ${isWanted.length === 0 ? "" : `where ${isWanted.join(" and ")}`}
  )
  select
    (select count(*) from found) as count,
    (select jsonb_build_object('sessions', coalesce(sum(sessions), 0), 'pageviews', coalesce(sum(pageviews), 0),
       'events', coalesce(sum(events), 0)) from ${everything}) as total,
    coalesce(jsonb_agg(to_jsonb(page) order by ${order}), '[]') as rows
  from (
    select * from found order by ${order} limit ${params.add(limit)} offset ${params.add(offset)}
  ) page`,
    params,
  );
  return found!;
}

/** By what values are sorted first. */
function weightOf(dimension: Dimension): "pageviews" | "events" | "sessions" {
  return dimension === "page" ? "pageviews" : dimension === "event" ? "events" : "sessions";
}

function readRow(sums: Row, dimension: Dimension): BreakdownRow {
  const isSession = isSessionDimension(dimension);
  return {
    value: sums.value,
    sessions: sums.sessions,
    pageviews: sums.pageviews,
    events: sums.events,
    bounceRate: isSession && sums.viewed > 0 ? sums.bounces / sums.viewed : null,
    seconds: dimension !== "event" && sums.timed > 0 ? sums.seconds / sums.timed : null,
    engagedSeconds: sums.measured > 0 ? sums.engaged / sums.measured : null,
  };
}

/** Adds to each row the number of different visitors whose sessions started in the range and have its value. */
async function addVisitors(
  db: Database,
  query: StatsQuery,
  dimension: Dimension,
  ids: number[],
  rows: BreakdownRow[],
): Promise<void> {
  const params = new Params();
  const { where } = await chosenRows(db, query, params);
  const wanted = `${params.add(ids)}::integer[]`;
  const values = isSessionDimension(dimension) ? `s.${columnOf(dimension)}` : `unnest(s.${dimension}_ids)`;
  const counted = await ask<{ value_id: number; visitors: number }>(
    db,
    `
  select value_id, count(distinct visitor) as visitors
  from (select ${values} as value_id, s.visitor from session_rows s where ${where}) seen
  where value_id = any(${wanted})
  group by value_id`,
    params,
  );
  const visitors = new Map(counted.map((row) => [row.value_id, row.visitors]));
  rows.forEach((row, i) => row.visitors = visitors.get(ids[i]!) ?? 0);
}
