import type { Database } from "../database.ts";
import { Params, type StatsQuery } from "./query.ts";
import { ask, askInBatches, type ChosenRows, type Days, scopeOf } from "./scope.ts";
import { viewsOfCutSessions } from "./value_sums.ts";

/** How far down a page its views got. */
export interface ScrollRow {
  /** The page. */
  value: string;
  pageviews: number;
  /** 0..1, of its pageviews: that reached a quarter of it, a half, …, its end. */
  reached: { "25": number; "50": number; "75": number; "100": number };
}

type Row = Record<"pageviews" | `reached_${typeof DEPTHS[number]}`, number>;

/** The pages with the most views. @param limit how many, at most */
export async function scroll(db: Database, query: StatsQuery, limit = 100): Promise<ScrollRow[]> {
  const params = new Params();
  const pages = await scrolledPages(db, query, params);
  const rows = await ask<Row & { value: string }>(db, `${pages} limit ${params.add(limit)}`, params);
  return rows.map(readRow);
}

/** What the pages behind the first ones sum up to; null where there are none. @param first how many come before */
export async function scrollOfRest(
  db: Database,
  query: StatsQuery,
  first: number,
): Promise<Omit<ScrollRow, "value"> | null> {
  const params = new Params();
  const pages = await scrolledPages(db, query, params);
  const [sums] = await ask<Row>(
    db,
    `
  select coalesce(sum(pageviews), 0) as pageviews, ${
      DEPTHS.map((depth) => `coalesce(sum(reached_${depth}), 0) as reached_${depth}`).join(", ")
    }
  from (${pages} offset ${params.add(first)}) rest`,
    params,
  );
  if (sums!.pageviews === 0) return null;
  const { value: _, ...rest } = readRow({ ...sums!, value: "" });
  return rest;
}

/** Every page. @param take gets them in batches, those with the most views first; false ends it */
export async function scrollOfAll(
  db: Database,
  query: StatsQuery,
  take: (rows: ScrollRow[]) => boolean,
): Promise<void> {
  const params = new Params();
  const pages = await scrolledPages(db, query, params);
  await askInBatches<Row & { value: string }>(db, pages, params, (rows) => take(rows.map(readRow)));
}

async function scrolledPages(db: Database, query: StatsQuery, params: Params): Promise<string> {
  const scope = await scopeOf(db, query, params);
  return `
  select d.value, s.pageviews, ${REACHED}
  from (
    select page, sum(pageviews) as pageviews, ${
    DEPTHS.map((depth) => `sum(reached_${depth}) as reached_${depth}`).join(", ")
  }
    from (${scope.kind === "days" ? ofDays(scope) : ofRows(scope)}
    ) parts
    group by page
  ) s
  join dictionary d on d.site_id = ${params.add(query.site)} and d.value_id = s.page
  where s.pageviews > 0
  order by s.pageviews desc, d.value collate "C"`;
}

function readRow({ value, pageviews, ...reached }: Row & { value: string }): ScrollRow {
  const share = (depth: typeof DEPTHS[number]) => reached[`reached_${depth}`] / pageviews;
  return {
    value,
    pageviews,
    reached: { "25": share(25), "50": share(50), "75": share(75), "100": share(100) },
  };
}

const DEPTHS = [25, 50, 75, 100] as const;
const REACHED = DEPTHS.map((depth) => `reached_${depth}`).join(", ");
const NONE = DEPTHS.map((depth) => `0 as reached_${depth}`).join(", ");

function ofDays({ rolledUp, inRolledHours, openPeriods, site, openDays }: Days): string {
  return `
      select value_id as page, pageviews, ${NONE} from daily_value_sums where ${rolledUp} and dimension = 'page'
      union all
      select value_id, pageviews, ${NONE} from hourly_value_sums where ${inRolledHours} and dimension = 'page'
      union all
      select v.value_id, v.pageviews, ${NONE} from ${openPeriods} p cross join lateral pages_between(${site}, p.starts, p.ends) v
      union all
      select page, 0, ${REACHED} from daily_scroll where ${rolledUp}
      union all
      select s.page, 0, ${REACHED}
      from day_bounds(${site}, ${openDays}) b
      cross join lateral scroll_between(${site}, b.starts, b.ends) s`;
}

/** The depths are those of the steps that rows hold. */
function ofRows({ where }: ChosenRows): string {
  return `
      select page, count(*) filter (where is_whole) as pageviews,
        ${DEPTHS.map((depth) => `count(*) filter (where depth >= ${depth}) as reached_${depth}`).join(", ")}
      from (
        select unnest(s.page_ids) as page, unnest(s.page_depths) as depth, is_whole(s) as is_whole from session_rows s where ${where}
      ) views
      group by page
      union all
      select page, count(*), ${NONE} from (${viewsOfCutSessions(where)}) views group by page`;
}
