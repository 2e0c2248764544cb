import type { Database } from "../database.ts";
import { overview } from "./overview.ts";
import { type Comparison, earlier, type Period, type Shift, shiftedDays, shiftOf } from "./period.ts";
import { type DayRange, Params, type StatsQuery } from "./query.ts";
import { ask, type Days, scopeOf } from "./scope.ts";
import { type Bucket, type Interval, timeseries } from "./timeseries.ts";
import { ROW_SUMS, SUM_COLUMNS, SUMS, type Sums, type Totals, totalsOf } from "./totals.ts";
import { visitorCount } from "./visitors.ts";

/** What a range is compared with. */
export interface Stretch {
  days: DayRange;
  /** How much earlier each of its days is than the one that it is compared with. */
  shift: Shift;
  /** Where the range is not over: what lies later is not compared. Null where it is. */
  until: Until | null;
}

/** A moment, and the site's day on which it lies. */
export interface Until {
  day: string;
  at: Date;
}

/**
 * The stretch to compare with: what is not over is compared up to the same time of the day. Null where there is none.
 *
 * @param chosen as in {@linkcode shiftOf}
 */
export function comparedStretch(
  { range, timezone }: StatsQuery,
  comparison: Comparison,
  now: Date,
  chosen: { period?: Period | null; interval?: Interval } = {},
): Stretch | null {
  const shift = shiftOf(range, comparison, chosen);
  const days = shift && shiftedDays(range, shift);
  if (days === null || shift === null) return null;
  const clock = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timezone);
  const today = clock.toPlainDate();
  if (today.toString() < range.from || range.to < today.toString()) return { days, shift, until: null };
  const day = earlier(today.toString(), shift);
  // On 30 March all of February has a day of March beside it.
  if (day.day < today.day && "months" in shift && range.from <= today.with({ day: day.day }).toString()) {
    return { days: { from: days.from, to: day.toString() }, shift, until: null };
  }
  const at = day.toZonedDateTime({ timeZone: timezone, plainTime: clock.toPlainTime() });
  return { days, shift, until: { day: day.toString(), at: new Date(at.epochMilliseconds) } };
}

/**
 * For each interval of a range the one of the stretch that is at the same place of the calendar: the same time of the day,
 * the same day. Null where there is none: an hour that the clocks skip, 29 February.
 */
export function besideEach(
  buckets: Bucket[],
  earlierBuckets: Bucket[],
  { shift }: Stretch,
): (Bucket | null)[] {
  const free = Map.groupBy(earlierBuckets, ({ label }) => placeOf(label));
  return buckets.map(({ label }) => {
    // Each stands beside one only: a second 02:00 is beside a second one, and 29 February beside 28 only if 28 is not asked for.
    const place = earlier(label.slice(0, 10), shift).toString() + label.slice(10);
    return free.get(placeOf(place))?.shift() ?? null;
  });
}

/** The day, or the hour of a day: where clocks change by half an hour, the day's other hours are those at 03:30, 04:30, … */
function placeOf(label: string): string {
  return label.slice(0, "2026-11-22T14".length);
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
  now: Date,
): Promise<Bucket[]> {
  const buckets = await timeseries(db, { ...query, range: days }, interval, now);
  if (until === null || interval === "hour") return buckets;
  const last = buckets.findLastIndex(({ start }) => start <= until.at);
  if (last < 0) return buckets;
  const { start, label } = buckets[last]!;
  const totals = await overviewUntil(db, { ...query, range: { from: label, to: until.day } }, until.at);
  return buckets.with(last, { start, label, partial: true, ...totals });
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
