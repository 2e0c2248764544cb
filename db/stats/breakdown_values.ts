/** The values of a dimension and what they sum up to, as SQL: rolled up, or of chosen sessions. */
import { chosenCounts } from "./elements.ts";
import {
  type Dimension,
  isSelective,
  type Params,
  SESSION_DIMENSIONS,
  type SessionDimension,
  type StatsQuery,
} from "./query.ts";
import { rolledUp } from "./rolled_up.ts";
import { chosenSums, segmentSums } from "./sums.ts";

export interface ValueSums {
  value: string | null;
  sessions: number;
  pageviews: number;
  events: number;
  bounces: number;
  seconds: number;
  timed: number;
}

export function isSessionDimension(dimension: Dimension): dimension is SessionDimension {
  return (SESSION_DIMENSIONS as readonly string[]).includes(dimension);
}

/** A row a value, with the columns of {@linkcode ValueSums}. @param options `timed`: whether the time on pages is asked for */
export function valueSums(
  query: StatsQuery,
  dimension: Dimension,
  { timed }: { timed: boolean },
  params: Params,
): string {
  if (!isSelective(query)) return rolledUpValues(query, dimension, params);
  const dimensions = [dimension];
  if (isSessionDimension(dimension)) return chosenSums(query, { dimensions }, params);
  const isTimed = timed && dimension === "page";
  const [pageviews, events] = dimension === "page" ? ["count", "0"] : ["0", "count"];
  return `
    select value, sessions, ${pageviews} as pageviews, ${events} as events, 0 as bounces,
      ${isTimed ? "seconds, timed" : "0 as seconds, 0 as timed"}
    from (${chosenCounts(query, { dimensions, timed: isTimed }, params)}
    ) counts`;
}

function rolledUpValues(query: StatsQuery, dimension: Dimension, params: Params): string {
  return `
    select value, sum(sessions) as sessions, sum(pageviews) as pageviews, sum(events) as events,
      sum(bounces) as bounces, sum(seconds) as seconds, sum(timed) as timed
    from (${rolledUp(query, [dimension], params)}
    ) parts
    group by value`;
}

/**
 * One JSON object of `sessions`, `pageviews` and `events`, where `sums` are those of every value. Every session has a value of its
 * dimensions, so they add up; of pages and events the sessions do not.
 */
export function totalSums(query: StatsQuery, dimension: Dimension, params: Params): string {
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
