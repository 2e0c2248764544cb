import type { Totals } from "../../db/stats/totals.ts";
import { type Figure, FIGURE_KEYS } from "./figures.ts";
import { formatInterval, formatTick } from "./format.ts";

/** What the chart draws; its script gets it as JSON. */
export interface ChartSeries {
  interval: string;
  /** Of each point: for the axis. */
  ticks: string[];
  /** Of each point: in full. */
  titles: string[];
  /** Of each point of the earlier period; empty where nothing is compared. */
  previousTitles: string[];
  /** Null where there is none: of a mean without sessions, and of what lies in the future. */
  current: Record<Figure, (number | null)[]>;
  previous: Record<Figure, (number | null)[]>;
  /** Whether the last point is of an interval that is not over. */
  isUnfinished: boolean;
}

interface Bucket extends Totals {
  start: Date;
  label: string;
}

/** The series of both periods, side by side from their first interval on. @param now what starts later is not drawn */
export function chartSeries(
  buckets: Bucket[],
  previous: Bucket[],
  { interval, now, isUnfinished }: { interval: string; now: Date; isUnfinished: boolean },
): ChartSeries {
  const points = (of: Bucket[]) => {
    const figures = {} as Record<Figure, (number | null)[]>;
    for (const key of FIGURE_KEYS) {
      figures[key] = of.map((bucket) => bucket.start > now ? null : round(bucket[key]));
    }
    return figures;
  };
  return {
    interval,
    ticks: buckets.map(({ label }) => formatTick(label, interval)),
    titles: buckets.map(({ label }) => formatInterval(label, interval)),
    previousTitles: previous.slice(0, buckets.length).map(({ label }) => formatInterval(label, interval)),
    current: points(buckets),
    previous: points(previous.slice(0, buckets.length)),
    isUnfinished,
  };
}

/** As exact as it is shown. */
function round(figure: number | null): number | null {
  return figure === null ? null : Math.round(figure * 10_000) / 10_000;
}
