import type { Database } from "../database.ts";
import { Params, type StatsQuery } from "./query.ts";
import { ask, chosenRows } from "./scope.ts";

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
  /** The most frequent each. */
  previous: JourneyStep[];
  next: JourneyStep[];
}

const TOP = 10;

type Step = Omit<JourneyStep, "share">;

/**
 * Where sessions came from when they came to a page, and where they went: the page before and after each view of it.
 * Repeated views of the same page in a row are one.
 *
 * @param limit how many pages before, and after, at most; null: all
 */
export async function journeys(
  db: Database,
  query: StatsQuery,
  page: string,
  limit: number | null = TOP,
): Promise<Journeys> {
  const params = new Params();
  const most = params.add(limit);
  const { where } = await chosenRows(db, query, params);
  const site = params.add(query.site);
  const id = `(select value_id from dictionary where site_id = ${site} and value_hash = md5(canonical_path(${
    params.add(page)
  }))::uuid)`;
  // A view begins a stay on the page where the page before it is another one, and ends it where the page after it is.
  const top = (neighbour: string, isEdge: string) =>
    `(
    select coalesce(jsonb_agg(jsonb_build_object('value', value, 'count', count) order by count desc, value collate "C" nulls first), '[]')
    from (
      select d.value, count
      from (select ${neighbour} as value_id, count(*) as count from views where ${isEdge} group by 1) sides
      left join dictionary d on d.site_id = ${site} and d.value_id = sides.value_id
      order by count desc, d.value collate "C" nulls first
      limit ${most}::integer
    ) counted
  )`;
  const [answer] = await ask<{ sessions: number; views: number; previous: Step[]; next: Step[] }>(
    db,
    `
  with views as materialized (
    select place = array_position(page_ids, id) as is_first, page_ids[place - 1] as previous, page_ids[place + 1] as next, id
    from (
      select s.page_ids, generate_subscripts(s.page_ids, 1) as place, asked.id
      from session_rows s, (select ${id} as id) asked
      where ${where} and s.page_ids && array[${id}]
    ) steps
    where page_ids[place] = id
  )
  select
    count(*) filter (where is_first) as sessions,
    count(*) filter (where previous is distinct from id) as views,
    ${top("previous", "previous is distinct from id")} as previous,
    ${top("next", "next is distinct from id")} as next
  from views`,
    params,
  );
  const { sessions, views, previous, next } = answer!;
  const withShares = (steps: Step[]) => steps.map((step) => ({ ...step, share: step.count / views }));
  return { page, sessions, views, previous: withShares(previous), next: withShares(next) };
}
