/**
 * The rows of `session_values` (migrations/0008_segments.sql): those of one value, and those that the rare values of a dimension share.
 */
import type { Params, StatsQuery } from "./query.ts";

/** The lists of a value, side by side. */
export type ListColumn = "numbers" | "moments" | "time_on_page" | "previous" | "next" | "amounts";

/** Which values: conditions on a row `v` of one's own, on one that is shared, and on `value` in that. */
export interface ValueCondition {
  own: string;
  shared: string;
  value: string;
}

export const EVERY_VALUE: ValueCondition = { own: "true", shared: "true", value: "true" };

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

/** The text of a column of the statement around this one: a value at a time. */
export function valueOf(column: string): ValueCondition {
  return {
    own: `v.hash = hashtextextended(${column}, 0) and v.value = ${column}`,
    shared: `${column} = any(v.rare)`,
    value: `value = ${column}`,
  };
}

/** With a text in it that resembles one of these patterns. @param patterns the place of the parameter, a list of texts */
export function valueLike(patterns: string): ValueCondition {
  const texts = `${patterns}::text[]`;
  return { own: `v.value ilike any(${texts})`, shared: "true", value: `value ilike any(${texts})` };
}

/** The rows `v` of a table that has a site and days, of the query's. */
export function within({ site, range }: StatsQuery, params: Params): string {
  const [siteId, from, to] = [site, range.from, range.to].map((value) => params.add(value));
  return `v.site_id = ${siteId} and v.day between ${from}::date and ${to}::date`;
}

/** Which rows: of these dimensions, and the values that fit. */
export interface ValueChoice {
  dimensions: readonly string[];
  /** Every value, unless some are asked for. */
  condition?: ValueCondition | undefined;
}

/** What is told beside each row, of its segment: `columns` of something that has `day` and `segment`. */
export interface Beside {
  from: string;
  columns: readonly string[];
}

/** The rows of one value each: `dimension`, `value`, some columns, and what is told beside them. */
export function ownRows(
  query: StatsQuery,
  { dimensions, condition = EVERY_VALUE }: ValueChoice,
  columns: readonly string[],
  beside: Beside,
  params: Params,
): string {
  return `
        select v.dimension, v.value${list(columns, "v.")}${list(beside.columns, "c.")}
        from session_values v
        join ${beside.from} c on c.day = v.day and c.segment = v.segment
        where ${within(query, params)} and v.dimension = any(${
    params.add(dimensions)
  }) and v.value is not null and ${condition.own}`;
}

/** The same, a row a value, of those that share rows, with the elements of the lists that are its own. */
export function sharedRows(
  query: StatsQuery,
  { dimensions, condition = EVERY_VALUE }: ValueChoice,
  lists: readonly ListColumn[],
  { from, columns }: Beside,
  params: Params,
): string {
  // What stands beside it is joined first, which leaves out what is of the other half: to look into `rare` takes longer. Then it is
  // taken apart: nobody can tell how many values it has, nor how large their lists are. `offset 0`, so that a list is fetched there,
  // once, and not once a value.
  return `
        select dimension, value${lists.map((name) => `, ${name}[first:last] as ${name}`).join("")}${
    list(columns)
  }
        from (
          select dimension, unnest(rare) as value, unnest(firsts) as first, unnest(lasts) as last${
    list(lists)
  }${list(columns)}
          from (
            select v.dimension, v.rare, v.firsts, v.lasts${
    lists.map((name) => `, v.${name} || '{}' as ${name}`).join("")
  }${list(columns, "v.")}
            from (
              select v.dimension, v.rare, v.firsts, v.lasts${list(lists, "v.")}${list(columns, "c.")}
              from session_values v
              join ${from} c on c.day = v.day and c.segment = v.segment
              where ${within(query, params)} and v.dimension = any(${
    params.add(dimensions)
  }) and v.hash = 0 and v.value is null
              offset 0
            ) v
            where ${condition.shared}
            offset 0
          ) packed
        ) unpacked
        where ${condition.value}`;
}

function list(columns: readonly string[], prefix = ""): string {
  return columns.map((name) => `, ${prefix}${name}`).join("");
}
