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

  /** Adds one. Returns its place, as `$3`. */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}
