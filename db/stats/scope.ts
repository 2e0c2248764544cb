/** Where a query is answered from: the session rows that its filters choose, or, without filters, days that are rolled up or not. */
import type { Database, Queryable } from "../database.ts";
import { DIMENSIONS, type Filter, type Params, type StatsQuery } from "./query.ts";

/** With filters: the rows of the sessions that start in the range and fit. */
export interface ChosenRows {
  kind: "rows";
  /** Conditions on `session_rows s`. */
  where: string;
}

/** Without filters: roll-ups of the days that are over, and the rows of those that are not. */
export interface Days {
  kind: "days";
  /** Conditions on a table that has `site_id` and `day`: the days of the range. */
  inRange: string;
  /** The same without the open days: what is rolled up and right. */
  rolledUp: string;
  /** Conditions on a table that has `site_id` and `hour`: the hours of open days that are rolled up and right. */
  inRolledHours: string;
  /** SQL for the rest of the open days: rows of `day`, `starts` and `ends`, for `totals_between` and similar functions. */
  openPeriods: string;
  /** SQL for the site and the list of its open days, for figures that are not rolled up by the hour. */
  site: string;
  openDays: string;
}

export type Scope = ChosenRows | Days;

/** The column of `session_rows` that holds a dimension's value; pages and events are lists. */
export function columnOf(dimension: Exclude<Filter["dimension"], "page" | "event">): string {
  // The name becomes SQL: it must be one of ours, also if a caller did not check it.
  if (!DIMENSIONS.includes(dimension)) throw new TypeError(`There is no dimension ${dimension}`);
  return dimension === "entry" || dimension === "exit" ? `${dimension}_page` : dimension;
}

export async function scopeOf(db: Database, query: StatsQuery, params: Params): Promise<Scope> {
  return query.filters.length > 0
    ? await chosenRows(db, query, params)
    : await daysOfRange(db, query, params);
}

export async function chosenRows(db: Queryable, query: StatsQuery, params: Params): Promise<ChosenRows> {
  const { site, range, timezone, filters } = query;
  const ids = await valuesOfFilters(db, query);
  const [siteId, from, to, zone] = [site, range.from, range.to, timezone].map((value) => params.add(value));
  const conditions = [
    `s.site_id = ${siteId}`,
    `s.started_at >= ${from}::date::timestamp at time zone ${zone}`,
    `s.started_at < (${to}::date + 1)::timestamp at time zone ${zone}`,
    ...filters.map((filter, i) => fits(filter, ids[i]!, params)),
  ];
  return { kind: "rows", where: conditions.join(" and ") };
}

// Of so many values Postgres looks each page up in a hash; `&&` compares each with each.
const MANY_VALUES = 9;

function fits({ dimension, operator }: Filter, ids: number[], params: Params): string {
  const values = `${params.add(ids)}::integer[]`;
  const isNegated = operator.endsWith("_not");
  if (dimension !== "page" && dimension !== "event") {
    return `s.${columnOf(dimension)} ${isNegated ? "<> all" : "= any"}(${values})`;
  }
  const found = ids.length < MANY_VALUES
    ? `s.${dimension}_ids && ${values}`
    : `exists (select from unnest(s.${dimension}_ids) as id where id = any(${values}))`;
  return isNegated ? `not (${found})` : found;
}

/** For each filter the numbers in the site's dictionary of the values that it is about. */
async function valuesOfFilters(db: Queryable, { site, filters }: StatsQuery): Promise<number[][]> {
  const rows = await db.query<{ place: number; ids: number[] }>(
    `select f.place, array(
       select d.value_id from dictionary d
       where d.site_id = $1 and case when f.is_exact then d.value_hash = any(f.hashes) else exists (
         select from unnest(f.texts) as text where strpos(fold_case(d.value), text) > 0
       ) end
     ) as ids
     from (
       select place, is_exact,
         array(select md5(dimension_value(dimension, value))::uuid from unnest(values) as value) as hashes,
         searched_texts(dimension, values) as texts
       from jsonb_to_recordset($2::jsonb) as filter(place integer, dimension text, is_exact boolean, values text[])
     ) f`,
    [
      site,
      JSON.stringify(filters.map(({ dimension, operator, values }, place) => ({
        place,
        dimension,
        is_exact: operator.startsWith("is"),
        values,
      }))),
    ],
  );
  return filters.map((_, i) => rows.find(({ place }) => place === i)!.ids);
}

async function daysOfRange(db: Queryable, { site, range }: StatsQuery, params: Params): Promise<Days> {
  const [found] = await db.query<{ days: string[] }>(
    `select array(
       select distinct metric_date from stale_days where site_id = $1 and metric_date between $2::date and $3::date
     )::text[] as days`,
    [site, range.from, range.to],
  );
  const [siteId, from, to, open] = [site, range.from, range.to, found!.days].map((value) =>
    params.add(value)
  );
  const inRange = `site_id = ${siteId} and day between ${from}::date and ${to}::date`;
  const openDays = `${open}::date[]`;
  return {
    kind: "days",
    inRange,
    rolledUp: `${inRange} and day <> all(${openDays})`,
    inRolledHours:
      `site_id = ${siteId} and hour = any(array(select hour from rolled_hours(${siteId}, ${openDays})))`,
    openPeriods: `open_periods(${siteId}, ${openDays})`,
    site: siteId!,
    openDays,
  };
}

/**
 * A row a fact of chosen sessions, with all columns of its table.
 *
 * Their sessions start in the range, so nothing happens before it: an index on the time finds what may be theirs.
 */
export function chosenFacts(
  { site, range, timezone }: StatsQuery,
  { where }: ChosenRows,
  table: "user_events" | "form_submissions",
  params: Params,
): string {
  const time = table === "user_events" ? "event_timestamp" : "submit_timestamp";
  return `
      select f.*
      from ${table} f
      where f.site_id = ${params.add(site)} and f.${time} >= ${
    params.add(range.from)
  }::date::timestamp at time zone ${params.add(timezone)}
        and f.session_id in (select s.session_id from session_rows s where ${where})`;
}

/** The rows of a statement that sorts and hashes up to millions of rows. */
export function ask<T>(db: Database, sql: string, params: Params): Promise<T[]> {
  return db.transaction(async (tx) => {
    await tx.exec(SETTINGS);
    return await tx.query<T>(sql, params.values);
  });
}

// With the default of 4 MB a hash of a million visitors goes to the disk. With the default random_page_cost of 4 all sessions of
// all sites are read for the year of one: 0.8 s instead of 0.6, of four million.
const SETTINGS = "set local work_mem = '64MB'; set local random_page_cost = 1.1";

// The larger, the more memory; below this the round trips begin to cost.
const BATCH_ROWS = 2_000;

/**
 * As {@linkcode ask}, for any number of rows: hands them to `take` in batches, as fast as they come, until it returns false.
 * `take` must not wait for a slow reader: the connection is held until the last row.
 */
export function askInBatches<T>(
  db: Database,
  sql: string,
  params: Params,
  take: (rows: T[]) => boolean,
): Promise<void> {
  return db.transaction(async (tx) => {
    await tx.exec(`${SETTINGS}; set local cursor_tuple_fraction = 1`);
    await tx.query(`declare answer no scroll cursor for ${sql}`, params.values);
    for (;;) {
      const rows = await tx.query<T>(`fetch ${BATCH_ROWS} from answer`);
      if (!take(rows) || rows.length < BATCH_ROWS) return;
    }
  });
}
