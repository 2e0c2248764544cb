/** The median of numbers that stand in several places: each answers those near its own middle, which nearly always tells it. */

/** Of a list in order, the numbers around its middle. */
export interface MiddleOfList {
  /** How many numbers there are in all. */
  count: number;
  /** How many of them come before `numbers`. */
  before: number;
  numbers: number[];
}

/**
 * How far from the middle of a list of `count` numbers, in SQL. Of numbers that are dealt out to two lists by chance the common
 * median lies within a third of a root of their count of each middle, by standard deviation: this is ten times as far.
 */
export const NEAR_THE_MIDDLE = "(16 + 4 * sqrt(count))::bigint";

/** SQL for a JSON object of {@linkcode MiddleOfList}: of the column `number` of a table. @param reach in terms of `count` */
export function middleOfList(table: string, reach: string): string {
  return `(
    select jsonb_build_object('count', count, 'before', before, 'numbers', coalesce(to_jsonb(numbers[before + 1:count - before]), '[]'))
    from (
      select count, numbers, greatest(count / 2 - ${reach}, 0) as before
      from (select count(*) as count, array_agg(number order by number) as numbers from ${table}) list
    ) placed
  )`;
}

/**
 * The median of all lists together, the mean of two where their count is even; null where there is no number. Undefined where it lies
 * outside of what is known of one of them.
 */
export function medianOfLists(lists: readonly MiddleOfList[]): number | null | undefined {
  const count = lists.reduce((sum, list) => sum + list.count, 0);
  if (count === 0) return null;
  const before = lists.reduce((sum, list) => sum + list.before, 0);
  const known = Float64Array.from(lists.flatMap(({ numbers }) => numbers)).sort();
  const low = known[Math.floor((count - 1) / 2) - before];
  const high = known[Math.floor(count / 2) - before];
  const isTold = low !== undefined && high !== undefined &&
    lists.every(({ count, before, numbers }) =>
      (before === 0 || numbers[0]! <= low) &&
      (before + numbers.length === count || numbers.at(-1)! >= high)
    );
  return isTold ? (low + high) / 2 : undefined;
}
