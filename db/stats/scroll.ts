import type { Database } from "../database.ts";
import { breakdown } from "./breakdown.ts";
import { Params, type StatsQuery } from "./query.ts";
import { ask, scopeOf } from "./scope.ts";

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
  const { rows } = await breakdown(db, query, "page", { limit });
  const pages = rows.filter(({ pageviews }) => pageviews > 0);
  const depths = await reachedDepths(db, query, pages.map(({ value }) => value));
  return pages.map(({ value, pageviews }) => {
    const depth = depths.get(value);
    const share = (reached = 0) => reached / pageviews;
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

/** How many views of a page got to each depth. */
interface Depths {
  value: string;
  25: number;
  50: number;
  75: number;
  100: number;
}

async function reachedDepths(db: Database, query: StatsQuery, pages: string[]): Promise<Map<string, Depths>> {
  const params = new Params();
  const scope = await scopeOf(db, query, params);
  const depths = [25, 50, 75, 100] as const;
  const columns = `page, ${depths.map((depth) => `reached_${depth}`).join(", ")}`;
  const rows = await ask<Depths>(
    db,
    `
  select d.value, ${depths.map((depth) => `sum(reached_${depth}) as "${depth}"`).join(", ")}
  from (${
      scope.kind === "days"
        ? `
    select ${columns} from daily_scroll where ${scope.rolledUp}
    union all
    select ${columns} from scroll_of_days(${scope.site}, ${scope.openDays})`
        : `
    select page, ${
          depths.map((depth) => `count(*) filter (where depth >= ${depth}) as reached_${depth}`).join(", ")
        }
    from (select unnest(s.page_ids) as page, unnest(s.page_depths) as depth from session_rows s where ${scope.where}) views
    where depth > 0
    group by page`
    }
  ) parts
  join dictionary d on d.site_id = ${params.add(query.site)} and d.value_id = parts.page
  where d.value = any(${params.add(pages)}::text[])
  group by d.value`,
    params,
  );
  return new Map(rows.map((row) => [row.value, row]));
}
