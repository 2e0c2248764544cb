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
  /** For each point, that of the earlier period beside it, or null; empty where nothing is compared. */
  previousTitles: (string | null)[];
  /** Null where there is none: of a mean without sessions, and of what lies in the future. */
  current: Record<Figure, (number | null)[]>;
  previous: Record<Figure, (number | null)[]>;
  /** Of each point: whether it is of less than a whole interval. */
  partial: boolean[];
}

interface Bucket extends Totals {
  start: Date;
  label: string;
  partial: boolean;
}

/**
 * The series of both periods.
 *
 * @param previous for each bucket the one beside it
 * @param now what starts later is not drawn
 */
export function chartSeries(
  buckets: Bucket[],
  previous: (Bucket | null)[],
  { interval, now }: { interval: string; now: Date },
): ChartSeries {
  const points = (of: (Bucket | null)[]) => {
    const figures = {} as Record<Figure, (number | null)[]>;
    for (const key of FIGURE_KEYS) {
      figures[key] = of.map((bucket) => bucket === null || bucket.start > now ? null : round(bucket[key]));
    }
    return figures;
  };
  const title = ({ label, partial, start }: Bucket) =>
    `${formatInterval(label, interval)}${partial && start <= now ? " (partial)" : ""}`;
  return {
    interval,
    ticks: buckets.map(({ label }) => formatTick(label, interval)),
    titles: buckets.map(title),
    previousTitles: previous.map((bucket) => bucket && title(bucket)),
    current: points(buckets),
    previous: points(previous),
    partial: buckets.map(({ partial }) => partial),
  };
}

/** As exact as it is shown. */
function round(figure: number | null): number | null {
  return figure === null ? null : Math.round(figure * 10_000) / 10_000;
}
