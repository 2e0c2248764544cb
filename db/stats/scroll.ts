import type { Database } from "../database.ts";
import { breakdown } from "./breakdown.ts";
import { askEach, filterParts, sumRows } from "./halves.ts";
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
  const { rows } = await breakdown(db, query, "page", { limit, untimed: true });
  const pages = rows.filter(({ pageviews }) => pageviews > 0);
  const depths = await reachedDepths(db, query, pages.map(({ value }) => value));
  return pages.map(({ value, pageviews }) => {
    const depth = depths.get(value);
    // An event without its view, whose day has ended in between, or that was sent twice, makes no share greater than 1.
    const share = (reached = 0) => Math.min(reached / pageviews, 1);
    return {
      value,
      pageviews,
      reached: {
        "25": share(depth?.[25]),
        "50": share(depth?.[50]),
        "75": share(depth?.[75]),
        "100": share(depth?.[100]),
      },
    };
  });
}

/** How often each depth of a page was reached. */
interface Depths {
  value: string;
  25: number;
  50: number;
  75: number;
  100: number;
}

async function reachedDepths(db: Database, query: StatsQuery, pages: string[]): Promise<Map<string, Depths>> {
  const parts = await askEach(await filterParts(db, query), (part) => depthsOf(db, part, pages));
  return new Map(sumRows(parts.flat(), ({ value }) => value).map((depths) => [depths.value, depths]));
}

async function depthsOf(db: Database, query: StatsQuery, pages: string[]): Promise<Depths[]> {
  const params = new Params();
  const depths = [25, 50, 75, 100] as const;
  const sums = depths.map((depth) =>
    `coalesce(sum(events) filter (where dimension = 'scroll_${depth}'), 0) as "${depth}"`
  );
  return await askRows(
    db,
    query,
    `select value, ${sums.join(", ")}
     from (${stepRows(query, depths.map((depth) => `scroll_${depth}` as const), params, pages)}
     ) steps
     group by value`,
    params,
  );
}
