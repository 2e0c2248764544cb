/** The figures of a period. */
export interface Totals {
  /** Different visitors with a session or a pageview. */
  visitors: number;
  sessions: number;
  pageviews: number;
  /** All that is no pageview. */
  events: number;
  /** 0..1: the share of sessions with fewer than two pageviews; null without a session. */
  bounceRate: number | null;
  /** Mean duration of a session; null without one. */
  sessionSeconds: number | null;
  /** Pageviews of a session; null without one. */
  pagesPerSession: number | null;
}

/** The sums that totals are made of: they can be added up over days, but for the visitors. */
export interface Sums {
  visitors: number;
  sessions: number;
  pageviews: number;
  events: number;
  bounces: number;
  seconds: number;
}

export function totalsOf({ visitors, sessions, pageviews, events, bounces, seconds }: Sums): Totals {
  const mean = (sum: number) => sessions === 0 ? null : sum / sessions;
  return {
    visitors,
    sessions,
    pageviews,
    events,
    bounceRate: mean(bounces),
    sessionSeconds: mean(seconds),
    pagesPerSession: mean(pageviews),
  };
}

/** What {@linkcode SESSION_SUMS} reads. */
export const SUMMED_COLUMNS = ["visitors", "pageviews", "events", "seconds"] as const;

/** The columns of {@linkcode Sums} over chosen sessions `s`, for what filters. */
export const SESSION_SUMS = `
    count(distinct s.visitor)                  as visitors,
    count(*)                                   as sessions,
    coalesce(sum(s.pageviews), 0)              as pageviews,
    coalesce(sum(s.events), 0)                 as events,
    count(*) filter (where s.pageviews < 2)    as bounces,
    coalesce(sum(s.seconds), 0)                as seconds`;

/** The same, but for the visitors, of rows that have them summed up already: hours, or segments. */
export const PART_SUMS = `
      coalesce(sum(sessions), 0)  as sessions,
      coalesce(sum(pageviews), 0) as pageviews,
      coalesce(sum(events), 0)    as events,
      coalesce(sum(bounces), 0)   as bounces,
      coalesce(sum(seconds), 0)   as seconds`;

/** By how much each figure changed, in shares of what it was: 0.12 is 12 % more; null where it was none. */
export type Change = Record<keyof Totals, number | null>;

export function changeOf(current: Totals, previous: Totals): Change {
  const share = (now: number | null, before: number | null) =>
    now === null || before === null || before === 0 ? null : (now - before) / before;
  return {
    visitors: share(current.visitors, previous.visitors),
    sessions: share(current.sessions, previous.sessions),
    pageviews: share(current.pageviews, previous.pageviews),
    events: share(current.events, previous.events),
    bounceRate: share(current.bounceRate, previous.bounceRate),
    sessionSeconds: share(current.sessionSeconds, previous.sessionSeconds),
    pagesPerSession: share(current.pagesPerSession, previous.pagesPerSession),
  };
}
