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

/** What a range can be compared with: as many days right before it, or those that began a year earlier. */
export const COMPARISONS = ["previous", "year", "none"] as const;
export type Comparison = typeof COMPARISONS[number];

/** The longest range that is answered: five years. */
export const MAX_DAYS = 1_827;
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

/** The range to compare with, of as many days; null where there is none. */
export function comparedDays(range: DayRange, comparison: Comparison): DayRange | null {
  if (comparison === "none") return null;
  const days = dayCount(range);
  const from = Temporal.PlainDate.from(range.from).subtract(comparison === "year" ? { years: 1 } : { days });
  // Before the first year there is nothing, and no way to write it.
  if (from.year < 1) return null;
  return { from: from.toString(), to: from.add({ days: days - 1 }).toString() };
}

/** The interval in which a range is drawn when nobody says: some dozens of points. */
export function usualInterval(range: DayRange): Interval {
  const days = dayCount(range);
  return days <= 2 ? "hour" : days <= 92 ? "day" : days <= 366 ? "week" : "month";
}
