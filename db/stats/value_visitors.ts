import type { Database } from "../database.ts";
import { chosenElements } from "./elements.ts";
import { askEach, sumRows } from "./halves.ts";
import { type Dimension, Params, type StatsQuery } from "./query.ts";
import { askSegments, chosenSegments } from "./segments.ts";
import { type ValueCondition, valueIn, valueIs } from "./session_values.ts";

/**
 * Of so many each is counted by itself: nothing is kept but the numbers that are sorted. But to find a value's rows takes some
 * milliseconds of a year; of more values the visitors are put into lists first.
 */
const FEW_VALUES = 10;

/** Adds to each row the number of different visitors that have its value. @param parts that no visitor is in two of */
export async function countVisitors(
  db: Database,
  parts: StatsQuery[],
  dimension: Dimension,
  rows: { value: string; visitors?: number }[],
): Promise<void> {
  const values = rows.map(({ value }) => value);
  const counted = await askEach(parts, (part) => visitorsOf(db, part, dimension, values));
  const counts = new Map(
    sumRows(counted.flat(), ({ value }) => value).map(({ value, count }) => [value, count]),
  );
  for (const row of rows) row.visitors = counts.get(row.value) ?? 0;
}

async function visitorsOf(
  db: Database,
  query: StatsQuery,
  dimension: Dimension,
  values: readonly string[],
): Promise<{ value: string; count: number }[]> {
  const params = new Params();
  const chosen = chosenSegments(query, params);
  const elements = {
    dimensions: [dimension],
    columns: ["value"] as const,
    sessions: ["visitors"] as const,
    firsts: true,
  };
  const visits = (condition: ValueCondition) =>
    `(${chosenElements(query, { ...elements, condition }, params)}
     ) visits`;
  return await askSegments(
    db,
    `with ${chosen}${
      values.length <= FEW_VALUES
        ? ` select w.value, (select count(distinct visitor) from ${visits(valueIs("w.value"))}) as count
     from unnest(${params.add(values)}::text[]) as w(value)`
        : `, lists as (
       select value, array_agg(visitor) as visitors from ${visits(valueIn(values, params))} group by value
     )
     select value, (select count(distinct visitor) from (select unnest(visitors) as visitor) list) as count from lists`
    }`,
    params,
  );
}
