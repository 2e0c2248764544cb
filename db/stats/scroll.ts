import type { Database } from "../database.ts";
import { Params, type StatsQuery } from "./query.ts";
import { stepRows } from "./rolled_up.ts";
import { askParts, askRows } from "./segments.ts";

/** How far down a page its views got. */
export interface ScrollRow {
  /** The page. */
  value: string;
  pageviews: number;
  /** 0..1, of its pageviews: that reached a quarter of it, a half, …, its end. */
  reached: { "25": number; "50": number; "75": number; "100": number };
}

/** The pages with the most views, of as many the first by their path. @param limit how many, at most */
export async function scroll(db: Database, query: StatsQuery, limit = 100): Promise<ScrollRow[]> {
  const pages = await mostViewed(db, query, limit);
  const depths = await reachedDepths(db, query, pages.map(({ value }) => value));
  return pages.map(({ value, pageviews }) => {
    // An event without its view, whose day has ended in between, or that was sent twice, makes no share greater than 1.
    const share = (depth: number) => Math.min(depth / pageviews, 1);
    const [quarter, half, most, end] = depths.get(value) ?? [0, 0, 0, 0];
    return {
      value,
      pageviews,
      reached: { "25": share(quarter), "50": share(half), "75": share(most), "100": share(end) },
    };
  });
}

function mostViewed(
  db: Database,
  query: StatsQuery,
  limit: number,
): Promise<{ value: string; pageviews: number }[]> {
  const params = new Params();
  return askRows(
    db,
    query,
    `select value, sum(pageviews) as pageviews
     from (${stepRows(query, ["page"], params)}
     ) views
     where value is not null
     group by value
     having sum(pageviews) > 0
     order by sum(pageviews) desc, value collate "C"
     limit ${params.add(limit)}`,
    params,
  );
}

type Depths = [number, number, number, number];

/** How often each depth of these pages was reached. */
async function reachedDepths(db: Database, query: StatsQuery, pages: string[]): Promise<Map<string, Depths>> {
  const parts = await askParts(query, (part) => depthsOf(db, part, pages));
  const sums = new Map<string, Depths>();
  for (const { value, depths } of parts.flat()) {
    const others = sums.get(value) ?? [0, 0, 0, 0];
    sums.set(value, depths.map((count, i) => count + others[i]!) as Depths);
  }
  return sums;
}

async function depthsOf(
  db: Database,
  query: StatsQuery,
  pages: string[],
): Promise<{ value: string; depths: Depths }[]> {
  const params = new Params();
  const dimensions = ["scroll_25", "scroll_50", "scroll_75", "scroll_100"] as const;
  const sums = dimensions.map((dimension) =>
    `coalesce(sum(events) filter (where dimension = '${dimension}'), 0)`
  );
  return await askRows(
    db,
    query,
    `select value, array[${sums.join(", ")}] as depths
     from (${stepRows(query, dimensions, params, pages)}
     ) steps
     group by value`,
    params,
  );
}
