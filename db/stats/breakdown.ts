import type { Database } from "../database.ts";
import { isSessionDimension, totalSums, type ValueSums, valueSums } from "./breakdown_values.ts";
import { asColumns, type Columns, firstRows, MOST_VALUES, sumColumns } from "./columns.ts";
import { askEach, filterParts, sumRows, visitorParts } from "./halves.ts";
import { type Dimension, escapeLike, isSelective, Params, type StatsQuery } from "./query.ts";
import { askRows, chosenSegments } from "./segments.ts";
import { countVisitors } from "./value_visitors.ts";

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
  /** Of pages: whether to leave out the time on them, which takes its time: null then, with filters. */
  untimed?: boolean;
  /** Of how many values what two halves of the visitors answer is put together in memory; {@linkcode MOST_VALUES}. */
  mostValues?: number;
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

/** The range by the values of a dimension. */
export async function breakdown(
  db: Database,
  query: StatsQuery,
  dimension: Dimension,
  options: BreakdownOptions = {},
): Promise<Breakdown> {
  const parts = options.visitors ? await visitorParts(db, query) : await filterParts(db, query);
  const halves = isSelective(query) && parts.length > 1
    ? await sumHalves(db, parts, dimension, options)
    : undefined;
  const { total, rows: sums, others, count } = halves ?? await sumValues(db, query, dimension, options);
  const rows = sums.map((row) => readRow(row, dimension));
  if (options.visitors) await countVisitors(db, parts, dimension, rows);
  return { total, rows, others, count };
}

type Sums = Omit<Breakdown, "rows"> & { rows: ValueSums[] };

const FIGURES = ["sessions", "pageviews", "events", "bounces", "seconds", "timed"] as const;
type Figure = typeof FIGURES[number];

interface Half {
  total: Breakdown["total"];
  /** Null where there are more values than are put together here. */
  columns: Columns<Figure> | null;
}

/** Undefined where there are more values than are put together here. */
async function sumHalves(
  db: Database,
  parts: StatsQuery[],
  dimension: Dimension,
  options: BreakdownOptions,
): Promise<Sums | undefined> {
  const { limit = 10, offset = 0, mostValues = MOST_VALUES } = options;
  const halves = await askEach(parts, (half) => sumHalf(db, half, dimension, options, mostValues));
  const columns = halves.flatMap(({ columns }) => columns ?? []);
  if (columns.length < halves.length) return undefined;
  const sums = sumColumns(columns, FIGURES);
  return {
    total: sumRows(halves.map(({ total }) => total), () => "")[0]!,
    rows: firstRows(sums, [weightOf(dimension), "sessions"], offset + limit).slice(offset),
    // Of chosen sessions every value is known.
    others: null,
    count: sums.values.length,
  };
}

async function sumHalf(
  db: Database,
  query: StatsQuery,
  dimension: Dimension,
  options: BreakdownOptions,
  mostValues: number,
): Promise<Half> {
  const params = new Params();
  const [half] = await askRows<Half>(
    db,
    query,
    `
  with ${foundValues(query, dimension, options, params)}
  select
    (${totalSums(query, dimension, params)}) as total,
    case when (select count(*) from found) <= ${params.add(mostValues)}::bigint then ${
      asColumns(FIGURES, "found")
    } end as columns`,
    params,
  );
  return half!;
}

async function sumValues(
  db: Database,
  query: StatsQuery,
  dimension: Dimension,
  options: BreakdownOptions,
): Promise<Sums> {
  const { limit = 10, offset = 0 } = options;
  const params = new Params();
  const order = `${weightOf(dimension)} desc, sessions desc, value collate "C"`;
  const [answer] = await askRows<Sums>(
    db,
    query,
    `
  with ${foundValues(query, dimension, options, params)}
  select
    (${totalSums(query, dimension, params)}) as total,
    (select case when sum(sessions + pageviews + events) > 0 then
       jsonb_build_object('sessions', sum(sessions), 'pageviews', sum(pageviews), 'events', sum(events)) end
     from sums where value is null) as others,
    (select count(*) from found) as count,
    (select coalesce(jsonb_agg(to_jsonb(page) order by ${order}), '[]')
     from (
       select * from found order by ${order} limit ${params.add(limit)} offset ${params.add(offset)}
     ) page) as rows`,
    params,
  );
  return answer!;
}

/** Common table expressions, at last `sums`, of every value and of those that have none, and `found`: the values that are asked for. */
function foundValues(
  query: StatsQuery,
  dimension: Dimension,
  { search = "", among, untimed = false }: BreakdownOptions,
  params: Params,
): string {
  const isWanted = among === undefined ? "" : `and value = any(${params.add(among)}::text[])`;
  return `${isSelective(query) ? `${chosenSegments(query, params)},` : ""}
  sums as materialized (${valueSums(query, dimension, { timed: !untimed }, params)}
  ),
  found as (
    select * from sums where value ilike ${params.add(`%${escapeLike(search)}%`)} ${isWanted}
  )`;
}

/** By what values are sorted first. */
function weightOf(dimension: Dimension): "pageviews" | "events" | "sessions" {
  return dimension === "page" ? "pageviews" : dimension === "event" ? "events" : "sessions";
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
