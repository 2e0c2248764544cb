import type { Database } from "../database.ts";
import { Params, type StatsQuery } from "./query.ts";
import { stepRows } from "./rolled_up.ts";
import { askRows } from "./segments.ts";

/** How far down a page its views got. */
export interface ScrollRow {
  /** The page. */
  value: string;
  pageviews: number;
  /** 0..1, of its pageviews: that reached a quarter of it, a half, …, its end. */
  reached: { "25": number; "50": number; "75": number; "100": number };
}

/** The pages with the most views. @param limit how many, at most */
export async function scroll(db: Database, query: StatsQuery, limit = 100): Promise<ScrollRow[]> {
  const params = new Params();
  const rows = await askRows<{ value: string; pageviews: number; depths: [number, number, number, number] }>(
    db,
    query,
    `
  select value, sum(pageviews) as pageviews, array[
    coalesce(sum(events) filter (where dimension = 'scroll_25'), 0), coalesce(sum(events) filter (where dimension = 'scroll_50'), 0),
    coalesce(sum(events) filter (where dimension = 'scroll_75'), 0), coalesce(sum(events) filter (where dimension = 'scroll_100'), 0)
  ] as depths
  from (${stepRows(query, ["page", "scroll_25", "scroll_50", "scroll_75", "scroll_100"], params)}
  ) steps
  where value is not null
  group by value
  having sum(pageviews) > 0
  order by sum(pageviews) desc, value collate "C"
  limit ${params.add(limit)}`,
    params,
  );
  return rows.map(({ value, pageviews, depths }) => {
    // An event without its view, whose day has ended in between, or that was sent twice, makes no share greater than 1.
    const share = (depth: number) => Math.min(depth / pageviews, 1);
    const [quarter, half, most, end] = depths;
    return {
      value,
      pageviews,
      reached: { "25": share(quarter), "50": share(half), "75": share(most), "100": share(end) },
    };
  });
}
