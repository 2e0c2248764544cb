/** The figures of a period. */
export interface Totals {
  /** Different visitors with a session or a pageview. */
  visitors: number;
  sessions: number;
  pageviews: number;
  /** All that is no pageview. */
  events: number;
  /** 0..1: of the sessions with a pageview, the share of those with no second one and no own event; null without one. */
  bounceRate: number | null;
  /** Mean duration of a session, idle times left out; null without one. */
  sessionSeconds: number | null;
  /** Mean time for which a session was used, of those whose tracker measures it; null without one. */
  engagedSeconds: number | null;
  /** Pageviews of a session; null without one. */
  pagesPerSession: number | null;
}

/** The sums that totals are made of. Those of several days can be added, except for the visitors. */
export interface Sums {
  visitors: number;
  sessions: number;
  pageviews: number;
  events: number;
  bounces: number;
  /** How many sessions have a pageview. */
  viewed: number;
  seconds: number;
  /** The engaged time of those sessions that have one, and how many they are. */
  engaged: number;
  measured: number;
}

export function totalsOf(
  { visitors, sessions, pageviews, events, bounces, viewed, seconds, engaged, measured }: Sums,
): Totals {
  const mean = (sum: number) => sessions === 0 ? null : sum / sessions;
  return {
    visitors,
    sessions,
    pageviews,
    events,
    bounceRate: viewed === 0 ? null : bounces / viewed,
    sessionSeconds: mean(seconds),
    engagedSeconds: measured === 0 ? null : engaged / measured,
    pagesPerSession: mean(pageviews),
  };
}

const ADDED = ["sessions", "pageviews", "events", "bounces", "viewed", "seconds", "engaged", "measured"];

/** The columns of {@linkcode Sums}, but the visitors. */
export const SUM_COLUMNS = ADDED.join(", ");

/** The same, over some rows that have them. */
export const SUMS = ADDED.map((name) => `coalesce(sum(${name}), 0) as ${name}`).join(", ");

/** The same of the sessions `session_rows s`. */
export const ROW_SUMS =
  `count(*) as sessions, coalesce(sum(s.pageviews), 0) as pageviews, coalesce(sum(s.events), 0) as events,
      count(*) filter (where s.bounced) as bounces, count(*) filter (where s.pageviews > 0) as viewed, coalesce(sum(s.duration_seconds), 0) as seconds,
      coalesce(sum(s.engaged_seconds), 0) as engaged, count(s.engaged_seconds) as measured`;

/** By how much each figure changed, in shares of what it was: 0.12 is 12 % more; null where it was none. */
export type Change = Record<keyof Totals, number | null>;

export function changeOf(current: Totals, previous: Totals): Change {
  const share = (now: number | null, before: number | null) =>
    now === null || before === null || before === 0 ? null : (now - before) / before;
  const figures = Object.keys(current) as (keyof Totals)[];
  return Object.fromEntries(figures.map((name) => [name, share(current[name], previous[name])])) as Change;
}
