/** A question put twice, about half of the visitors each: on two connections, and what both answer is put together here. */
import type { Database } from "../database.ts";
import { isSelective, Params, type StatsQuery } from "./query.ts";
import { within } from "./session_values.ts";

/**
 * What to ask in the place of a query that tells visitors apart: both halves of them, where on most days one half reads nothing of
 * the other's, and there are connections for both. Else the query itself: a day of few sessions stands in one segment, which both
 * halves would read.
 */
export async function visitorParts(db: Database, query: StatsQuery): Promise<StatsQuery[]> {
  if (db.connections === 1) return [query];
  const params = new Params();
  const [answer] = await db.query<{ split: boolean }>(
    `select count(*) * 2 > count(distinct v.day) * 3 as split from session_segments v where ${
      within(query, params)
    }`,
    params.values,
  );
  return answer!.split ? [{ ...query, half: 0 }, { ...query, half: 1 }] : [query];
}

/** The same where the query has filters; without them what is rolled up answers, which is not told by visitors. */
export async function filterParts(db: Database, query: StatsQuery): Promise<StatsQuery[]> {
  return isSelective(query) ? await visitorParts(db, query) : [query];
}

/** Asks about each part, at the same time. */
export function askEach<T>(parts: StatsQuery[], ask: (part: StatsQuery) => Promise<T>): Promise<T[]> {
  return Promise.all(parts.map(ask));
}

/** Rows of the same names put together: their numbers are summed up. @param nameOf tells which rows are the same */
export function sumRows<T extends object>(rows: readonly T[], nameOf: (row: T) => string): T[] {
  const sums = new Map<string, T>();
  for (const row of rows) {
    const name = nameOf(row);
    const sum = sums.get(name);
    sums.set(name, sum === undefined ? row : added(sum, row));
  }
  return [...sums.values()];
}

function added<T extends object>(sum: T, row: T): T {
  return Object.fromEntries(
    Object.entries(sum).map(([name, value]) => [
      name,
      typeof value === "number" ? value + (row as Record<string, number>)[name]! : value,
    ]),
  ) as T;
}

/** As Postgres compares texts by `collate "C"`, by the bytes of their UTF-8: less than 0 where `a` comes first. */
export function compareBytes(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  // In UTF-16 a pair of surrogates would come before U+E000 to U+FFFF.
  return (a.codePointAt(at) ?? -1) - (b.codePointAt(at) ?? -1);
}
