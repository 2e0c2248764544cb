import type { Queryable } from "../database.ts";
import { chosenSessions, Params, type StatsQuery } from "./query.ts";

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
  const chosen = chosenSessions(query, params);
  const asked = params.add(page);
  const [answer] = await db.query<{ sessions: number; views: number; previous: Steps; next: Steps }>(
    `
  -- Ways through the page are far fewer than sessions, and counted by several processes.
  with ways as materialized (
    select s.pages[place - 1] as previous, s.pages[place + 1] as next,
      count(*) as views, count(*) filter (where place = array_position(s.pages, ${asked}::text)) as sessions
    from session_summaries s, generate_subscripts(s.pages, 1) as place
    where ${chosen}
      and s.pages && array[${asked}::text]
      and s.pages[place] = ${asked}
    group by 1, 2
  )
  select
    (select coalesce(sum(sessions), 0) from ways) as sessions,
    (select coalesce(sum(views), 0) from ways where previous is distinct from ${asked}) as views,
    ${top("previous", asked)} as previous,
    ${top("next", asked)} as next`,
    params.values,
  );
  const { sessions, views } = answer!;
  const withShares = (steps: Steps) => steps.map((step) => ({ ...step, share: step.count / views }));
  return { page, sessions, views, previous: withShares(answer!.previous), next: withShares(answer!.next) };
}

type Steps = Omit<JourneyStep, "share">[];

function top(column: "previous" | "next", page: string): string {
  return `(
      select coalesce(jsonb_agg(jsonb_build_object('value', value, 'count', count) order by count desc, value collate "C" nulls first), '[]')
      from (
        select ${column} as value, sum(views) as count
        from ways where ${column} is distinct from ${page}
        group by ${column} order by sum(views) desc, ${column} collate "C" nulls first limit ${TOP}
      ) counted
    )`;
}
