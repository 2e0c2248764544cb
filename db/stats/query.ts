/** The days of a site, both included, in its own time zone: `YYYY-MM-DD`. */
export interface DayRange {
  from: string;
  to: string;
}

/** What a session has one value of. */
export const SESSION_DIMENSIONS = [
  "entry",
  "exit",
  "source",
  "referrer",
  "channel",
  "utm_source",
  "utm_medium",
  "utm_campaign",
  "utm_content",
  "utm_term",
  "country",
  "language",
  "browser",
  "os",
  "device",
  "screen",
] as const;

/** What can be broken down and filtered by. A session has many pages and events. */
export const DIMENSIONS = [...SESSION_DIMENSIONS, "page", "event"] as const;

export type SessionDimension = typeof SESSION_DIMENSIONS[number];
export type Dimension = typeof DIMENSIONS[number];

export const OPERATORS = ["is", "is_not", "contains", "contains_not"] as const;
export type Operator = typeof OPERATORS[number];

/**
 * Chooses sessions by a dimension: those where it is, or contains, any of the values; or none of them. A session is on
 * every page, and has every event, that it had once. `contains` does not mind upper and lower case. An unknown value is `""`.
 */
export interface Filter {
  dimension: Dimension;
  operator: Operator;
  values: string[];
}

/** What every question is about. */
export interface StatsQuery {
  site: string;
  /** Of the site, an IANA name: its days are the range's. */
  timezone: string;
  range: DayRange;
  /** A session has to fit all of them. */
  filters: Filter[];
}

/** The parameters of a statement, numbered as they come. */
export class Params {
  readonly values: unknown[] = [];

  /** Adds one; answers its place, as `$3`. */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** The condition that chooses the query's sessions in `session_summaries s`: its site, its days, its filters. */
export function chosenSessions({ site, range, filters }: StatsQuery, params: Params): string {
  return [
    `s.site_id = ${params.add(site)}`,
    `s.day between ${params.add(range.from)}::date and ${params.add(range.to)}::date`,
    ...filters.map((filter) => condition(filter, params)),
  ].join("\n    and ");
}

const LISTS: Partial<Record<Dimension, string>> = { page: "s.pages", event: "s.event_names" };

function condition({ dimension, operator, values }: Filter, params: Params): string {
  const list = LISTS[dimension];
  const isNegative = operator.endsWith("_not");
  // A name that is none of ours must not reach the statement, whoever called us.
  if (!DIMENSIONS.includes(dimension)) throw new TypeError(`There is no dimension ${dimension}`);
  const found = operator.startsWith("is")
    ? equals(list, `s.${dimension}`, params.add(values))
    : resembles(list, `s.${dimension}`, params.add(values.map((value) => `%${escapeLike(value)}%`)));
  return isNegative ? `not (${found})` : found;
}

const equals = (list: string | undefined, column: string, values: string) =>
  list ? `${list} && ${values}::text[]` : `${column} = any(${values}::text[])`;

const resembles = (list: string | undefined, column: string, patterns: string) =>
  list
    ? `exists (select from unnest(${list}) as item where item ilike any(${patterns}::text[]))`
    : `${column} ilike any(${patterns}::text[])`;

/** The text with what `like` reads as a pattern taken as it stands. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, "\\$&");
}
