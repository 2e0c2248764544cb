import type { Database } from "../database.ts";
import { totalsWithoutVisitors } from "./overview.ts";
import { type Dimension, Params, type StatsQuery } from "./query.ts";
import { ask, askInBatches, chosenRows, columnOf, type Scope, scopeOf } from "./scope.ts";
import { isSessionDimension, VALUE_SUMS, type ValueSums, valueSums } from "./value_sums.ts";

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
  return (await breakdownAndRest(db, query, dimension, options)).breakdown;
}

/** The same, and the sum of the values that are not among the rows; null where there are none. */
export async function breakdownAndRest(
  db: Database,
  query: StatsQuery,
  dimension: Dimension,
  options: BreakdownOptions,
): Promise<{ breakdown: Breakdown; rest: Omit<BreakdownRow, "value"> | null }> {
  const { rows: found, count, total, all } = await topValues(db, query, dimension, options);
  const rows = found.map((row) => readRow(row, dimension));
  if (options.visitors) {
    await addVisitors(db, query, dimension, found.map(({ value_id }) => value_id), rows);
  }
  const { value: _, ...rest } = readRow({ ...without(all, found), value: "", value_id: 0 }, dimension);
  return { breakdown: { total, rows, others: null, count }, rest: count > rows.length ? rest : null };
}

/** Every value, without a limit. @param take gets them in batches, in the order of a breakdown; false ends it */
export async function everyValue(
  db: Database,
  query: StatsQuery,
  dimension: Dimension,
  options: Omit<BreakdownOptions, "limit" | "offset">,
  take: (rows: BreakdownRow[]) => boolean,
): Promise<void> {
  const params = new Params();
  const scope = await scopeOf(db, query, params);
  const found = foundValues(scope, query, dimension, options, params);
  const counted = options.visitors
    ? `left join (${
      visitorsOfValues((await chosenRows(db, query, params)).where, dimension)
    }) v using (value_id)`
    : "";
  await askInBatches<Row & { visitors?: number }>(
    db,
    `${found}
  select f.*${options.visitors ? ", coalesce(v.visitors, 0) as visitors" : ""}
  from found f ${counted}
  order by ${orderOf(dimension)}`,
    params,
    (rows) =>
      take(rows.map((row) => ({
        ...readRow(row, dimension),
        ...(row.visitors !== undefined && { visitors: row.visitors }),
      }))),
  );
}

interface TopValues {
  rows: Row[];
  count: number;
  total: Breakdown["total"];
  /** Of all values, with the search. */
  all: ValueSums;
}

async function topValues(
  db: Database,
  query: StatsQuery,
  dimension: Dimension,
  { limit = 10, offset = 0, ...options }: BreakdownOptions,
): Promise<TopValues> {
  const params = new Params();
  const scope = await scopeOf(db, query, params);
  // Each session has one value of its dimensions, so these add up; a session may have several pages, and events.
  const everything = isSessionDimension(dimension)
    ? "sums"
    : options.automatic === undefined
    ? `(${totalsWithoutVisitors(scope)}) totals`
    : "found";
  const order = orderOf(dimension);
  const [answer] = await ask<TopValues>(
    db,
    `${foundValues(scope, query, dimension, options, params)}
  select
    (select count(*) from found) as count,
    (select jsonb_build_object('sessions', coalesce(sum(sessions), 0), 'pageviews', coalesce(sum(pageviews), 0),
       'events', coalesce(sum(events), 0)) from ${everything}) as total,
    (select jsonb_build_object(${
      VALUE_SUMS.map((column) => `'${column}', coalesce(sum(${column}), 0)`).join(", ")
    }) from found) as all,
    coalesce(jsonb_agg(to_jsonb(page) order by ${order}), '[]') as rows
  from (
    select * from found order by ${order} limit ${params.add(limit)} offset ${params.add(offset)}
  ) page`,
    params,
  );
  return answer!;
}

/** SQL for the values that are wanted, as `found`. */
function foundValues(
  scope: Scope,
  query: StatsQuery,
  dimension: Dimension,
  { search = [], among, automatic }: BreakdownOptions,
  params: Params,
): string {
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
  return `
  with sums as (${sums}
  ),
  found as materialized (
    select d.value, s.*
    from sums s
    join dictionary d on d.site_id = ${site} and d.value_id = s.value_id
    ${isWanted.length === 0 ? "" : `where ${isWanted.join(" and ")}`}
  )`;
}

function orderOf(dimension: Dimension): string {
  return `${weightOf(dimension)} desc, sessions desc, value collate "C"`;
}

/** What is left of the sums without those of some values. */
function without(all: ValueSums, rows: ValueSums[]): ValueSums {
  return Object.fromEntries(
    VALUE_SUMS.map((column) => [column, rows.reduce((left, row) => left - row[column], all[column])]),
  ) as unknown as ValueSums;
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
  const counted = await ask<{ value_id: number; visitors: number }>(
    db,
    visitorsOfValues(where, dimension, `${params.add(ids)}::integer[]`),
    params,
  );
  const visitors = new Map(counted.map((row) => [row.value_id, row.visitors]));
  rows.forEach((row, i) => row.visitors = visitors.get(ids[i]!) ?? 0);
}

/** @param wanted SQL for a list of numbers; all values without it */
function visitorsOfValues(where: string, dimension: Dimension, wanted?: string): string {
  const values = isSessionDimension(dimension) ? `s.${columnOf(dimension)}` : `unnest(s.${dimension}_ids)`;
  return `
  select value_id, count(distinct visitor) as visitors
  from (select ${values} as value_id, s.visitor from session_rows s where ${where}) seen
  ${wanted === undefined ? "" : `where value_id = any(${wanted})`}
  group by value_id`;
}
