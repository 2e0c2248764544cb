import type { Database } from "../database.ts";
import { overview } from "./overview.ts";
import { comparedDays, type Comparison } from "./period.ts";
import { type DayRange, Params, type StatsQuery } from "./query.ts";
import { ask, type Days, scopeOf } from "./scope.ts";
import { type Bucket, type Interval, timeseries } from "./timeseries.ts";
import { ROW_SUMS, SUM_COLUMNS, SUMS, type Sums, type Totals, totalsOf } from "./totals.ts";
import { visitorCount } from "./visitors.ts";

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
  const scope = await scopeOf(db, query, params);
  const sql = scope.kind === "rows"
    ? `select count(distinct s.visitor) as visitors, ${ROW_SUMS} from session_rows s
  where ${scope.where} and s.started_at < ${params.add(until)}::timestamptz`
    : everythingUntil(query, scope, until, params);
  const [sums] = await ask<Sums>(db, sql, params);
  return totalsOf(sums!);
}

/** The days before the last one as they are; of that one, what its rows say happened until then. */
function everythingUntil(
  query: StatsQuery,
  { inRange, site, openDays }: Days,
  until: Date,
  params: Params,
): string {
  const from = `${params.add(query.range.from)}::date`;
  const last = `${params.add(query.range.to)}::date`;
  const open = `array_remove(${openDays}, ${last})`;
  const stretch = `${site}, ${last}::timestamp at time zone ${params.add(query.timezone)}, ${
    params.add(until)
  }::timestamptz`;
  const before = `${inRange} and day < ${last} and day <> all(${openDays})`;
  return `
  select (${visitorCount({ site, from, to: `(${last} - 1)`, openDays: open })}) + (
    select count(distinct v.visitor)
    from visitors_between(${stretch}) v
    where not exists (select from visitor_days where ${before} and visitor = v.visitor)
      and v.visitor not in (select distinct visitor from visitors_of_days(${site}, ${open}))
  ) as visitors, ${SUMS}
  from (
    select ${SUM_COLUMNS} from hourly_site_metrics where ${before}
    union all
    select ${SUM_COLUMNS} from totals_of_days(${site}, ${open})
    union all
    select ${SUM_COLUMNS} from totals_between(${stretch})
  ) parts`;
}
