import type { Database } from "../database.ts";
import {
  type Dimension,
  escapeLike,
  isSelective,
  Params,
  SESSION_DIMENSIONS,
  type SessionDimension,
  type StatsQuery,
} from "./query.ts";
import { rolledUp } from "./rolled_up.ts";
import { chosenCounts, chosenElements } from "./elements.ts";
import { askHalves, askRows, askSegments, chosenSegments } from "./segments.ts";
import { chosenSums, segmentSums } from "./sums.ts";
import { type ValueCondition, valueIn, valueOf } from "./session_values.ts";

export interface BreakdownOptions {
  /** Most rows; 10. */
  limit?: number;
  /** How many rows to leave out first; 0. */
  offset?: number;
  /** Only values that contain this, whatever its case. */
  search?: string;
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
  visitors?: number;
}

export interface Breakdown {
  /** Of the whole range, whatever the search: every session, pageview and event in it. */
  total: { sessions: number; pageviews: number; events: number };
  /** By sessions (pages: pageviews; events: events), the most first. */
  rows: BreakdownRow[];
  /** What values sum up to that were too rare, on their day, to be kept one by one; null where there were none. */
  others: { sessions: number; pageviews: number; events: number } | null;
  /** How many values there are, with the search. */
  count: number;
}

interface ValueSums {
  value: string | null;
  sessions: number;
  pageviews: number;
  events: number;
  bounces: number;
  seconds: number;
  timed: number;
}

/** The range by the values of a dimension. */
export async function breakdown(
  db: Database,
  query: StatsQuery,
  dimension: Dimension,
  options: BreakdownOptions = {},
): Promise<Breakdown> {
  const { limit = 10, offset = 0, search = "", among } = options;
  const params = new Params();
  const sums = isSelective(query)
    ? chosenValues(query, dimension, params)
    : rolledUpValues(query, dimension, params);
  const order = dimension === "page" ? "pageviews" : dimension === "event" ? "events" : "sessions";
  const pattern = params.add(`%${escapeLike(search)}%`);
  const isWanted = among === undefined ? "" : `and value = any(${params.add(among)}::text[])`;
  const [answer] = await askRows<{
    total: Breakdown["total"];
    others: Breakdown["others"];
    count: number;
    rows: ValueSums[] | null;
  }>(
    db,
    query,
    `
  with ${isSelective(query) ? `${chosenSegments(query, params)},` : ""}
  sums as materialized (${sums}
  ),
  found as (
    select * from sums where value ilike ${pattern} ${isWanted}
  )
  select
    (${totals(query, dimension, params)}) as total,
    (select case when sum(sessions + pageviews + events) > 0 then
       jsonb_build_object('sessions', sum(sessions), 'pageviews', sum(pageviews), 'events', sum(events)) end
     from sums where value is null) as others,
    (select count(*) from found) as count,
    (select jsonb_agg(to_jsonb(page) order by ${order} desc, sessions desc, value collate "C")
     from (
       select * from found order by ${order} desc, sessions desc, value collate "C"
       limit ${params.add(limit)} offset ${params.add(offset)}
     ) page) as rows`,
    params,
  );
  const rows = (answer!.rows ?? []).map((row) => readRow(row, dimension));
  if (options.visitors) await countVisitors(db, query, dimension, rows);
  return { total: answer!.total, rows, others: answer!.others, count: answer!.count };
}

function readRow(sums: ValueSums, dimension: Dimension): BreakdownRow {
  const isSession = isSessionDimension(dimension);
  return {
    value: sums.value!,
    sessions: sums.sessions,
    pageviews: sums.pageviews,
    events: sums.events,
    bounceRate: isSession && sums.sessions > 0 ? sums.bounces / sums.sessions : null,
    seconds: dimension !== "event" && sums.timed > 0 ? sums.seconds / sums.timed : null,
  };
}

function isSessionDimension(dimension: Dimension): dimension is SessionDimension {
  return (SESSION_DIMENSIONS as readonly string[]).includes(dimension);
}

function rolledUpValues(query: StatsQuery, dimension: Dimension, params: Params): string {
  return `
    select value, sum(sessions) as sessions, sum(pageviews) as pageviews, sum(events) as events,
      sum(bounces) as bounces, sum(seconds) as seconds, sum(timed) as timed
    from (${rolledUp(query, [dimension], params)}
    ) parts
    group by value`;
}

function chosenValues(query: StatsQuery, dimension: Dimension, params: Params): string {
  const dimensions = [dimension];
  if (isSessionDimension(dimension)) return chosenSums(query, { dimensions }, params);
  return dimension === "page"
    ? `
    select value, sessions, count as pageviews, 0 as events, 0 as bounces, seconds, timed
    from (${chosenCounts(query, { dimensions, timed: true }, params)}
    ) pages`
    : `
    select value, sessions, 0 as pageviews, count as events, 0 as bounces, 0 as seconds, 0 as timed
    from (${chosenCounts(query, { dimensions }, params)}
    ) events`;
}

/** Every session has a value of its dimensions, so they add up; of pages and events the sessions do not. */
function totals(query: StatsQuery, dimension: Dimension, params: Params): string {
  const object = "jsonb_build_object('sessions', coalesce(sum(sessions), 0), " +
    "'pageviews', coalesce(sum(pageviews), 0), 'events', coalesce(sum(events), 0))";
  if (isSessionDimension(dimension)) return `select ${object} from sums`;
  if (isSelective(query)) {
    return `select ${object} from (${segmentSums(query, params)}) s`;
  }
  const [siteId, from, to] = [query.site, query.range.from, query.range.to].map((value) => params.add(value));
  return `select ${object} from hourly_site_metrics
    where site_id = ${siteId} and day between ${from}::date and ${to}::date`;
}

/**
 * Of so many each is counted by itself: nothing is kept but the numbers that are sorted. But to find a value's rows takes some
 * milliseconds of a year; of more values the visitors are put into lists first.
 */
const FEW_VALUES = 10;

/** Adds the number of different visitors to each row. */
async function countVisitors(
  db: Database,
  query: StatsQuery,
  dimension: Dimension,
  rows: BreakdownRow[],
): Promise<void> {
  const values = rows.map(({ value }) => value);
  const counts = await askHalves(query, (half) => visitorsOf(db, half, dimension, values));
  const visitors = new Map<string, number>();
  for (const { value, count } of counts.flat()) visitors.set(value, (visitors.get(value) ?? 0) + count);
  for (const row of rows) row.visitors = visitors.get(row.value) ?? 0;
}

async function visitorsOf(
  db: Database,
  query: StatsQuery,
  dimension: Dimension,
  values: readonly string[],
): Promise<{ value: string; count: number }[]> {
  const params = new Params();
  const chosen = chosenSegments(query, params);
  const wanted = params.add(values);
  const elements = {
    dimensions: [dimension],
    columns: ["value"] as const,
    sessions: ["visitors"] as const,
    firsts: true,
  };
  const visits = (condition: ValueCondition) =>
    `(${chosenElements(query, { ...elements, condition }, params)}
     ) visits`;
  return await askSegments(
    db,
    `with ${chosen}${
      values.length <= FEW_VALUES
        ? ` select w.value, (select count(distinct visitor) from ${visits(valueOf("w.value"))}) as count
     from unnest(${wanted}::text[]) as w(value)`
        : `, lists as materialized (
       select value, array_agg(visitor) as visitors from ${visits(valueIn(wanted))} group by value
     )
     select value, (select count(distinct visitor) from unnest(visitors) as visitor) as count from lists`
    }`,
    params,
  );
}
