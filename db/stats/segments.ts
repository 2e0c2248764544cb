/**
 * Questions about chosen sessions are put to `session_segments` and `session_values` (migrations/0008_segments.sql): filters become
 * a bit a session, and what is asked stands in lists beside the sessions' numbers. All of this is SQL for a statement that begins
 * with {@linkcode chosenSegments}.
 */
import type { Database } from "../database.ts";
import { DIMENSIONS, escapeLike, type Filter, type Params, type StatsQuery } from "./query.ts";

/** The lists of a value, side by side. */
type ListColumn = "numbers" | "moments" | "time_on_page" | "previous" | "next" | "amounts";
/** What stands in a segment once a session. */
type SegmentColumn = "visitors" | "started_ms" | "pageviews" | "events" | "seconds";

/** Which values: conditions on a row `v` of one's own, on one that is shared, and on `value` in that. */
interface ValueCondition {
  own: string;
  shared: string;
  value: string;
}

const EVERY_VALUE: ValueCondition = { own: "true", shared: "true", value: "true" };

/** Exactly one of these texts. @param values the place of the parameter, a list of texts */
export function valueIn(values: string): ValueCondition {
  const texts = `${values}::text[]`;
  return {
    own:
      `v.hash = any(array(select hashtextextended(wanted, 0) from unnest(${texts}) as wanted)) and v.value = any(${texts})`,
    // Most rows have none, and need not be taken apart.
    shared: `v.rare && ${texts}`,
    value: `value = any(${texts})`,
  };
}

/** With a text in it that resembles one of these patterns. @param patterns the place of the parameter, a list of texts */
function valueLike(patterns: string): ValueCondition {
  const texts = `${patterns}::text[]`;
  return { own: `v.value ilike any(${texts})`, shared: "true", value: `value ilike any(${texts})` };
}

/** The rows `v` of a table that has a site and days, of the query's. */
function within({ site, range }: StatsQuery, params: Params): string {
  const [siteId, from, to] = [site, range.from, range.to].map((value) => params.add(value));
  return `v.site_id = ${siteId} and v.day between ${from}::date and ${to}::date`;
}

/**
 * Common table expressions, the last of which is `chosen`: of each segment in the range its `day`, when that begins (`day_ms`, since
 * the epoch), `segment`, number of `sessions`, and `mask`: a bit a session, set where it fits the filters; null where there are none.
 */
export function chosenSegments(query: StatsQuery, params: Params): string {
  const { filters } = query;
  const masks = filters.map(({ operator }, i) =>
    `${operator.endsWith("_not") ? "~" : ""}coalesce(f${i}.bits, g.none)`
  );
  const joins = filters.map((filter, i) =>
    `left join (${holders(query, filter, params)}
    ) f${i} on f${i}.day = g.day and f${i}.segment = g.segment`
  );
  return `
  all_segments as materialized (
    select v.day, v.segment, v.sessions, repeat('0', v.sessions)::bit varying as none,
      (extract(epoch from v.day::timestamp at time zone ${
    params.add(query.timezone)
  }) * 1000)::bigint as day_ms
    from session_segments v
    where ${within(query, params)}
  ),
  chosen as materialized (
    select g.day, g.segment, g.sessions, g.day_ms, ${masks.join(" & ") || "null::bit varying"} as mask
    from all_segments g
    ${joins.join("\n    ")}
  )`;
}

/** `day`, `segment` and the `bits` of the sessions that have a value as the filter says, were it not negated. */
function holders(query: StatsQuery, { dimension, operator, values }: Filter, params: Params): string {
  // A name that is none of ours must not be looked for, whoever called us.
  if (!DIMENSIONS.includes(dimension)) throw new TypeError(`There is no dimension ${dimension}`);
  const condition = operator.startsWith("is")
    ? valueIn(params.add(values))
    : valueLike(params.add(values.map((value) => `%${escapeLike(value)}%`)));
  return `
      select day, segment, bit_or(bits) as bits
      from (
        select v.day, v.segment, v.bits
        from session_values v
        where ${within(query, params)} and v.dimension = ${
    params.add(dimension)
  } and v.value is not null and ${condition.own}
        union all
        select day, segment, bit_or(set_bit(none, number, 1))
        from (
          select r.day, r.segment, g.none, unnest(r.numbers) as number
          from (${sharedRows(query, [dimension], condition, ["numbers"], params)}
          ) r
          join all_segments g on g.day = r.day and g.segment = r.segment
        ) numbers
        where number >= 0
        group by day, segment
      ) found
      group by day, segment`;
}

/** Rows with `dimension`, `day`, `segment`, `value` and the lists: one a segment and value of the dimensions. */
function valueRows(
  query: StatsQuery,
  dimensions: readonly string[],
  condition: ValueCondition,
  lists: readonly ListColumn[],
  params: Params,
): string {
  return `
        select ${["dimension", "day", "segment", "value", ...lists].map((name) => `v.${name}`).join(", ")}
        from session_values v
        where ${within(query, params)} and v.dimension = any(${
    params.add(dimensions)
  }) and v.value is not null and ${condition.own}
        union all
        ${sharedRows(query, dimensions, condition, lists, params)}`;
}

/** The same of the values that share a row. */
function sharedRows(
  query: StatsQuery,
  dimensions: readonly string[],
  condition: ValueCondition,
  lists: readonly ListColumn[],
  params: Params,
): string {
  // Joined with nothing, so that a list is fetched once, not once a value; and `offset 0`, so that it is done there.
  return `
        select dimension, day, segment, value, ${lists.map((list) => `${list}[first:last]`).join(", ")}
        from (
          select dimension, day, segment, unnest(rare) as value, unnest(firsts) as first, unnest(lasts) as last, ${
    lists.join(", ")
  }
          from (
            select v.dimension, v.day, v.segment, v.rare, v.firsts, v.lasts, ${
    lists.map((list) => `v.${list} || '{}' as ${list}`).join(", ")
  }
            from session_values v
            where ${within(query, params)} and v.dimension = any(${
    params.add(dimensions)
  }) and v.hash = 0 and v.value is null
              and ${condition.shared}
            offset 0
          ) packed
        ) unpacked
        where ${condition.value}`;
}

/** What {@linkcode chosenElements} reads. */
export interface Elements {
  dimensions: readonly string[];
  /** Every value, unless some are asked for. */
  condition?: ValueCondition | undefined;
  lists?: readonly Exclude<ListColumn, "numbers">[];
  /** Looked up in the segment for each element. */
  sessions?: readonly SegmentColumn[];
}

const ELEMENT_OF: Record<Exclude<ListColumn, "numbers"> | SegmentColumn, string> = {
  moments: "moment",
  time_on_page: "time_on_page",
  previous: "previous",
  next: "next",
  amounts: "amount",
  visitors: "visitor",
  started_ms: "started_ms",
  pageviews: "pageviews",
  events: "events",
  seconds: "seconds",
};

/**
 * A row for each time that a chosen session has a value: `dimension`, `value`, `day`, `day_ms`, `segment`, the session's `number` in
 * it, `is_first` of that value in the session, and an element of each list (`moment`, …) and column of the segment (`visitor`, …).
 */
export function chosenElements(
  query: StatsQuery,
  { dimensions, condition = EVERY_VALUE, lists = [], sessions = [] }: Elements,
  params: Params,
): string {
  const isChosen = query.filters.length === 0 ? "true" : "get_bit(mask, greatest(number, -1 - number)) = 1";
  const segments = sessions.length === 0 ? "chosen" : `(${withColumns(query, sessions, params)}
        offset 0
      )`;
  return `
    select dimension, value, day, day_ms, segment, greatest(number, -1 - number) as number, number >= 0 as is_first
      ${lists.map((list) => `, ${ELEMENT_OF[list]}`).join("")}${
    lookedUp(sessions, "greatest(number, -1 - number)")
  }
    from (
      select r.dimension, r.value, r.day, c.day_ms, r.segment, c.mask, unnest(r.numbers) as number
        ${lists.map((list) => `, unnest(r.${list}) as ${ELEMENT_OF[list]}`).join("")}
        ${sessions.map((column) => `, c.${column}`).join("")}
      from (${valueRows(query, dimensions, condition, ["numbers", ...lists], params)}
      ) r
      join ${segments} c on c.day = r.day and c.segment = r.segment
    ) elements
    where ${isChosen}
    offset 0`;
}

/** A row a chosen session: its `day`, `segment`, `number`, and `columns` of it (`visitor`, …). @param condition on its day, `c.day` */
export function chosenSessions(
  query: StatsQuery,
  columns: readonly SegmentColumn[],
  params: Params,
  condition = "true",
): string {
  return `
    select day, segment, number${lookedUp(columns, "number")}
    from (
      select c.*, generate_series(0, c.sessions - 1) as number
      from (${withColumns(query, columns, params)}
        where ${condition}
        offset 0
      ) c
    ) numbered
    where ${query.filters.length === 0 ? "true" : "get_bit(mask, number) = 1"}
    offset 0`;
}

/** The chosen segments `c` with columns, fetched once a segment: `offset 0` behind it sees to that. */
function withColumns(query: StatsQuery, columns: readonly SegmentColumn[], params: Params): string {
  return `
        select c.*${columns.map((column) => `, v.${column} || '{}' as ${column}`).join("")}
        from chosen c
        join session_segments v on v.day = c.day and v.segment = c.segment and ${within(query, params)}`;
}

function lookedUp(columns: readonly SegmentColumn[], number: string): string {
  return columns.map((column) => `, ${column}[${number} + 1] as ${ELEMENT_OF[column]}`).join("");
}

// What is sorted and hashed for a year of two million sessions stays in memory.
const SETTINGS = `
  set local work_mem = '64MB';
  -- Nobody can tell beforehand how many elements a list has, and a few rows less than there are would be joined in a loop.
  set local enable_nestloop = off;
  -- … or sorted where a hash groups them in a third of the time.
  set local enable_sort = off`;

/** The rows of a statement that begins with {@linkcode chosenSegments}. */
export function askSegments<T>(db: Database, sql: string, params: Params): Promise<T[]> {
  return db.transaction(async (tx) => {
    await tx.exec(SETTINGS);
    return await tx.query<T>(sql, params.values);
  });
}

/** The same of one that only does where the query has filters. */
export function askRows<T>(db: Database, { filters }: StatsQuery, sql: string, params: Params): Promise<T[]> {
  return filters.length === 0 ? db.query<T>(sql, params.values) : askSegments<T>(db, sql, params);
}
