import type { DayRange } from "./query.ts";
import type { Interval } from "./timeseries.ts";

/** All of them end on the site's today and include it, but for `yesterday`. `month` and `year` are those under way. */
export const PERIODS = [
  "today",
  "yesterday",
  "7d",
  "30d",
  "90d",
  "12mo",
  "month",
  "year",
  "all",
] as const;
export type Period = typeof PERIODS[number];

/** What a range can be compared with; {@linkcode shiftOf} has the rules. */
export const COMPARISONS = ["previous", "year", "none"] as const;
export type Comparison = typeof COMPARISONS[number];

/** The longest range that is answered: five years. */
export const MAX_DAYS = 1_827;
/** No day before or after these is asked about. */
export const EARLIEST_DAY = "1970-01-01";
export const LATEST_DAY = "2100-12-31";
/** The longest range that is answered by the hour. */
export const MAX_DAYS_BY_HOUR = 31;

/**
 * The days of a period.
 *
 * @param today the site's own, `YYYY-MM-DD`
 * @param firstDay the first of which anything is known; null where nothing is
 */
export function daysOf(period: Period, today: string, firstDay: string | null): DayRange {
  const to = Temporal.PlainDate.from(today);
  const since = (duration: Temporal.DurationLike) => ({
    from: to.add({ days: 1 }).subtract(duration).toString(),
    to: today,
  });
  switch (period) {
    case "today":
      return { from: today, to: today };
    case "yesterday": {
      const day = to.subtract({ days: 1 }).toString();
      return { from: day, to: day };
    }
    case "7d":
      return since({ days: 7 });
    case "30d":
      return since({ days: 30 });
    case "90d":
      return since({ days: 90 });
    case "12mo":
      return since({ months: 12 });
    case "month":
      return { from: to.with({ day: 1 }).toString(), to: today };
    case "year":
      return { from: to.with({ month: 1, day: 1 }).toString(), to: today };
    case "all": {
      const { from: longest } = since({ days: MAX_DAYS });
      const first = firstDay === null || firstDay > today ? today : firstDay;
      return { from: first > longest ? first : longest, to: today };
    }
  }
}

/** How many days the range has; none or fewer where it ends before it begins. */
export function dayCount({ from, to }: DayRange): number {
  return Temporal.PlainDate.from(from).until(to).days + 1;
}

/** How much earlier the days to compare with are. Months lead to the same day of another month. */
export type Shift = { days: number } | { months: number };

/**
 * How much earlier the days lie that a range is compared with; null where it is compared with nothing. They never overlap
 * the range.
 *
 * `previous` is as many days as the range has; of the periods `month`, `year` and `12mo` it is one month, or twelve.
 * `year` is as many whole years as the range needs. By the week both are whole weeks, and by the month whole months.
 *
 * @param period by which the range was chosen, if it was
 * @param interval by which it is drawn; without one the shift is that of the whole range
 */
export function shiftOf(
  range: DayRange,
  comparison: Comparison,
  { period, interval }: { period?: Period | null; interval?: Interval } = {},
): Shift | null {
  if (comparison === "none") return null;
  const shift = comparison === "year" ? monthsBefore(range, 12) : previousShift(range, period);
  switch (interval) {
    case "week": {
      const days = earlier(range.from, shift).until(range.from).days;
      return { days: 7 * Math.max(Math.round(days / 7), Math.ceil(dayCount(range) / 7)) };
    }
    case "month":
      return "months" in shift ? shift : monthsBefore(range, 1);
    default:
      return shift;
  }
}

function previousShift(range: DayRange, period: Period | null | undefined): Shift {
  if (period === "month") return { months: 1 };
  if (period === "year" || period === "12mo") return { months: 12 };
  return { days: dayCount(range) };
}

/** The smallest multiple of `step` months by which the range has to be shifted until it does not overlap itself. */
function monthsBefore(range: DayRange, step: number): { months: number } {
  let months = step;
  while (earlier(range.to, { months }).toString() >= range.from) months += step;
  return { months };
}

/** The day moved back by `shift`; the last day of the month if the month is too short. */
export function earlier(day: string, shift: Shift): Temporal.PlainDate {
  return Temporal.PlainDate.from(day).subtract(shift);
}

/** The range moved back by `shift`; null if it would begin before year 1. */
export function shiftedDays(range: DayRange, shift: Shift): DayRange | null {
  const from = earlier(range.from, shift);
  if (from.year < 1) return null;
  const to = earlier(range.to, shift);
  const end = "months" in shift && isWholeMonths(range) ? to.with({ day: to.daysInMonth }) : to;
  return { from: from.toString(), to: end.toString() };
}

function isWholeMonths({ from, to }: DayRange): boolean {
  const last = Temporal.PlainDate.from(to);
  return from.endsWith("-01") && last.day === last.daysInMonth;
}

/** The interval in which a range is drawn when nobody says: some dozens of points. */
export function usualInterval(range: DayRange): Interval {
  const days = dayCount(range);
  return days <= 2 ? "hour" : days <= 92 ? "day" : days <= 366 ? "week" : "month";
}
