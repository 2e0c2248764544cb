import type { Database } from "../database.ts";
import { overview } from "./overview.ts";
import { comparedDays, type Comparison } from "./period.ts";
import { type DayRange, isSelective, Params, type StatsQuery } from "./query.ts";
import { askRows, chosenSegments, chosenSessions } from "./segments.ts";
import { type Bucket, type Interval, timeseries } from "./timeseries.ts";
import { PART_SUMS, SESSION_SUMS, SUMMED_COLUMNS, type Sums, type Totals, totalsOf } from "./totals.ts";

const HOUR_MS = 3_600_000;

/** What a range is compared with. */
export interface Stretch {
  /** As many days as the range has. */
  days: DayRange;
  /** Where the range is not over: what lies later is not compared. Null where it is. */
  until: Until | null;
}

/** A moment, and the site's day on which it lies. */
export interface Until {
  day: string;
  at: Date;
}

/** The stretch to compare with: what is not over is compared up to the same time of the day. Null where there is none. */
export function comparedStretch(
  { range, timezone }: StatsQuery,
  comparison: Comparison,
  now: Date,
): Stretch | null {
  const days = comparedDays(range, comparison);
  if (days === null) return null;
  const clock = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timezone);
  const today = clock.toPlainDate();
  if (range.to < today.toString()) return { days, until: null };
  const elapsed = Temporal.PlainDate.from(range.from).until(today).days;
  if (elapsed < 0) return { days, until: null };
  const day = Temporal.PlainDate.from(days.from).add({ days: elapsed });
  const at = day.toZonedDateTime({ timeZone: timezone, plainTime: clock.toPlainTime() });
  return { days, until: { day: day.toString(), at: new Date(at.epochMilliseconds) } };
}

/** The days of the stretch, the one on which it ends included. */
export function stretchDays({ days, until }: Stretch): DayRange {
  return until === null ? days : { from: days.from, to: until.day };
}

/** The figures of the stretch; exact, wherever in an hour it ends. */
export async function overviewOf(db: Database, query: StatsQuery, stretch: Stretch): Promise<Totals> {
  const asked = { ...query, range: stretchDays(stretch) };
  return stretch.until === null
    ? await overview(db, asked)
    : await overviewUntil(db, asked, stretch.until.at);
}

/**
 * The figures of each interval of the stretch's days. The day, week or month in which it ends goes as far as it does; hours are whole,
 * as each is compared with its own.
 */
export async function timeseriesOf(
  db: Database,
  query: StatsQuery,
  { days, until }: Stretch,
  interval: Interval,
): Promise<Bucket[]> {
  const buckets = await timeseries(db, { ...query, range: days }, interval);
  if (until === null || interval === "hour") return buckets;
  const last = buckets.findLastIndex(({ start }) => start <= until.at);
  if (last < 0) return buckets;
  const { start, label } = buckets[last]!;
  const totals = await overviewUntil(db, { ...query, range: { from: label, to: until.day } }, until.at);
  return buckets.with(last, { start, label, ...totals });
}

/** The figures of the range, whose last day ends at `until`. */
async function overviewUntil(db: Database, query: StatsQuery, until: Date): Promise<Totals> {
  const params = new Params();
  const sql = isSelective(query) ? chosenUntil(query, until, params) : everythingUntil(query, until, params);
  const [sums] = await askRows<Sums>(db, query, sql, params);
  return totalsOf(sums!);
}

function chosenUntil(query: StatsQuery, until: Date, params: Params): string {
  const elapsed = until.getTime() - midnightOf(query);
  return `
  with ${chosenSegments(query, params)}
  select ${SESSION_SUMS}
  from (${chosenSessions(query, [...SUMMED_COLUMNS, "started_ms"], params)}
  ) s
  where s.day < ${params.add(query.range.to)}::date or s.started_ms < ${params.add(elapsed)}`;
}

/** When the range's last day begins, in milliseconds since the epoch. */
function midnightOf({ range, timezone }: StatsQuery): number {
  return Temporal.PlainDate.from(range.to).toZonedDateTime(timezone).epochMilliseconds;
}

/**
 * Whole hours are rolled up; of the last one the facts are read. Visitors of the last day are counted from its facts, but for those
 * who were there on an earlier day of the range.
 */
function everythingUntil(query: StatsQuery, until: Date, params: Params): string {
  const { site, range } = query;
  const midnight = midnightOf(query);
  // Hours count from the site's midnight.
  const lastHour = midnight + Math.floor((until.getTime() - midnight) / HOUR_MS) * HOUR_MS;
  const [siteId, from, to, starts, hour, end] = [
    site,
    range.from,
    range.to,
    new Date(midnight),
    new Date(lastHour),
    until,
  ].map((value) => params.add(value));
  const within = (time: string, since: string) =>
    `site_id = ${siteId} and ${time} >= ${since}::timestamptz and ${time} < ${end}::timestamptz`;
  return `
  select b.visitors + l.visitors as visitors, h.*
  from (
    select coalesce(sum(visitors), 0) as visitors
    from visitor_returns
    where site_id = ${siteId} and day >= ${from}::date and day < ${to}::date
      and (previous_day is null or previous_day < ${from}::date)
  ) b, (
    select count(*) as visitors
    from (
      select visitor_hash(visitor_id) as visitor from user_sessions where ${within("session_start", starts!)}
      union
      select visitor_hash(visitor_id) from pageviews where ${within("view_timestamp", starts!)}
    ) seen
    left join visitor_days d on d.site_id = ${siteId} and d.visitor = seen.visitor and d.day = ${to}::date
    where d.previous_day is null or d.previous_day < ${from}::date
  ) l, (
    select ${PART_SUMS}
    from (
      select sessions, pageviews, events, bounces, seconds
      from hourly_site_metrics
      where site_id = ${siteId} and day between ${from}::date and ${to}::date and hour < ${hour}::timestamptz
      union all
      select count(*), 0, 0, sum(bounce::integer), sum(duration_seconds)
      from user_sessions where ${within("session_start", hour!)}
      union all
      select 0, count(*), 0, 0, 0 from pageviews where ${within("view_timestamp", hour!)}
      union all
      select 0, 0, count(*), 0, 0 from user_events where ${within("event_timestamp", hour!)}
    ) parts
  ) h`;
}
