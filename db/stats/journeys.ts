import type { Queryable } from "../database.ts";
import { Params, type StatsQuery } from "./query.ts";
import { chosenElements, chosenSegments, pageNames, valueIn } from "./segments.ts";

/** A page before or after the one that is asked about. */
export interface JourneyStep {
  /** Null: the session began, or ended, with the page that is asked about. */
  value: string | null;
  /** How often. */
  count: number;
  /** 0..1, of the views of the page that is asked about. */
  share: number;
}

export interface Journeys {
  page: string;
  /** That were on the page. */
  sessions: number;
  /** How often they were; a page that was loaded anew counts once. */
  views: number;
  /** The ten most frequent each. */
  previous: JourneyStep[];
  next: JourneyStep[];
}

const TOP = 10;

/**
 * Where sessions came from when they came to a page, and where they went: the page before and after each view of it.
 * Repeated views of the same page in a row are one.
 */
export async function journeys(db: Queryable, query: StatsQuery, page: string): Promise<Journeys> {
  const params = new Params();
  const [answer] = await db.query<{ sessions: number; views: number; previous: Steps; next: Steps }>(
    waysThrough(query, page, params),
    params.values,
  );
  const { sessions, views } = answer!;
  const withShares = (steps: Steps) => steps.map((step) => ({ ...step, share: step.count / views }));
  return { page, sessions, views, previous: withShares(answer!.previous), next: withShares(answer!.next) };
}

type Steps = Omit<JourneyStep, "share">[];

/** Pages before and after have a number in their segment; what it stands for is looked up when they are counted. */
function waysThrough(query: StatsQuery, page: string, params: Params): string {
  const chosen = chosenSegments(query, params);
  const views = {
    dimensions: ["page"],
    condition: valueIn(params.add([page])),
    lists: ["pages", "previous", "next"],
  } as const;
  return `
  with ${chosen},
  views as materialized (${chosenElements(query, views, params)}
  ),
  names as materialized (${pageNames(query, params)}
  )
  select
    (select count(*) from views where is_first) as sessions,
    (select count(*) from views where previous is distinct from page) as views,
    ${top("previous")} as previous,
    ${top("next")} as next`;
}

function top(column: "previous" | "next"): string {
  return `(
      select coalesce(jsonb_agg(jsonb_build_object('value', value, 'count', count) order by count desc, value collate "C" nulls first), '[]')
      from (
        select n.value, sum(w.count) as count
        from (
          select day, segment, ${column} as page, count(*) as count
          from views where ${column} is distinct from page
          group by day, segment, ${column}
        ) w
        left join names n on n.day = w.day and n.segment = w.segment and n.page = w.page
        group by n.value order by sum(w.count) desc, n.value collate "C" nulls first limit ${TOP}
      ) counted
    )`;
}
