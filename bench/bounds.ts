import type { Question } from "./questions.ts";

/** The longest times that questions may take at ten million pageviews in two years, in milliseconds, by days of the range. */
const WARM: Record<number, Record<Question["kind"], number>> = {
  30: { "first page": 150, usual: 300, slow: 300 },
  365: { "first page": 400, usual: 1_000, slow: 2_500 },
};

export const COLD_MS = 4_000;

/** The bound of a question when its rows are in memory; undefined for ranges that have none. */
export function warmBound({ kind }: Question, days: number): number | undefined {
  return WARM[days]?.[kind];
}
