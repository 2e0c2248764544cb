/**
 * The rows of `session_values` (migrations/0015_lists_apart.sql): those of one value, and those that the rare values of a dimension share.
 */
import type { Params, StatsQuery } from "./query.ts";

/** The lists of a value, side by side. */
export type ListColumn = "numbers" | "amounts" | "steps";

/** Which values: conditions on a row `v` of one's own, on one that is shared, and on `value` in that. */
export interface ValueCondition {
  own: string;
  shared: string;
  value: string;
  /** One value fits, at most. */
  isOne?: true;
}

export const EVERY_VALUE: ValueCondition = { own: "true", shared: "true", value: "true" };

/** From so many texts on Postgres looks them up in a hash; but `&&` compares each with each. */
const HASHED_TEXTS = 9;

/** Exactly one of these texts. */
export function valueIn(values: readonly string[], params: Params): ValueCondition {
  const texts = `${params.add(values)}::text[]`;
  return {
    own:
      `v.hash = any(array(select hashtextextended(wanted, 0) from unnest(${texts}) as wanted)) and v.value = any(${texts})`,
    // Of few, most rows have none, and need not be taken apart.
    shared: values.length < HASHED_TEXTS ? `v.rare && ${texts}` : "true",
    value: `value = any(${texts})`,
  };
}

/** Exactly this text. @param text SQL for it: the place of a parameter, or a column of the statement around this one */
export function valueIs(text: string): ValueCondition {
  return {
    own: `v.hash = hashtextextended(${text}, 0) and v.value = ${text}`,
    shared: `${text} = any(v.rare)`,
    value: `value = ${text}`,
    isOne: true,
  };
}

/** With a text in it that resembles one of these patterns. @param patterns the place of the parameter, a list of texts */
export function valueLike(patterns: string): ValueCondition {
  const texts = `${patterns}::text[]`;
  return { own: `v.value ilike any(${texts})`, shared: "true", value: `value ilike any(${texts})` };
}

/** The rows of a table that has a site and days, of the query's. */
export function within({ site, range }: StatsQuery, params: Params, table = "v"): string {
  const [siteId, from, to] = [site, range.from, range.to].map((value) => params.add(value));
  return `${table}.site_id = ${siteId} and ${table}.day between ${from}::date and ${to}::date`;
}

/** Which rows: of these dimensions, and the values that fit. */
export interface ValueChoice {
  dimensions: readonly string[];
  /** Every value, unless some are asked for. */
  condition?: ValueCondition | undefined;
}

/** Whether a segment has one row at most: where it is the value's own, the shared row need not be read. */
export function isOneValue({ dimensions, condition }: ValueChoice): boolean {
  return dimensions.length === 1 && condition?.isOne === true;
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

/**
 * The same, a row a value, of those that share rows, with the elements of the lists that are its own.
 *
 * @param own a table of the segments (`day` and `segment`, as `beside` has them) in which the one value has a row of its own
 */
export function sharedRows(
  query: StatsQuery,
  choice: ValueChoice,
  lists: readonly ListColumn[],
  beside: Beside,
  params: Params,
  own?: string,
): string {
  const { condition = EVERY_VALUE } = choice;
  const { columns } = beside;
  // What is joined first leaves out what is of the other half: to look into `rare` takes longer. Then it is taken apart: nobody can
  // tell how many values it has, nor how large their lists are. `offset 0`, so that a list is fetched there, once, and not once a
  // value.
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
              from ${
    own === undefined
      ? everySharedRow(query, choice, beside, params)
      : otherSharedRows(query, choice, beside, own, params)
  }
              offset 0
            ) v
            where ${condition.shared}
            offset 0
          ) packed
        ) unpacked
        where ${condition.value}`;
}

function everySharedRow(query: StatsQuery, choice: ValueChoice, { from }: Beside, params: Params): string {
  return `session_values v
              join ${from} c on c.day = v.day and c.segment = v.segment
              where ${isShared(query, choice, params)}`;
}

/** They are looked up, a segment at a time: mostly there are none, or few. */
function otherSharedRows(
  query: StatsQuery,
  choice: ValueChoice,
  { from }: Beside,
  own: string,
  params: Params,
): string {
  return `(
                select * from ${from} c
                where not exists (select from ${own} o where o.day = c.day and o.segment = c.segment)
                offset 0
              ) c
              cross join lateral (
                select * from session_values v
                where ${isShared(query, choice, params)} and v.day = c.day and v.segment = c.segment
                offset 0
              ) v`;
}

function isShared(query: StatsQuery, { dimensions }: ValueChoice, params: Params): string {
  return `${within(query, params)} and v.dimension = any(${
    params.add(dimensions)
  }) and v.hash = 0 and v.value is null`;
}

function list(columns: readonly string[], prefix = ""): string {
  return columns.map((name) => `, ${prefix}${name}`).join("");
}
