import type { Database } from "../database.ts";
import { chosenElements } from "./elements.ts";
import { Params, type StatsQuery } from "./query.ts";
import { askSegments, chosenSegments } from "./segments.ts";
import { valueIn } from "./session_values.ts";

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
export async function journeys(db: Database, query: StatsQuery, page: string): Promise<Journeys> {
  const params = new Params();
  const [answer] = await askSegments<{ sessions: number; views: number; previous: Steps; next: Steps }>(
    db,
    waysThrough(query, page, params),
    params,
  );
  const { sessions, views } = answer!;
  const withShares = (steps: Steps) => steps.map((step) => ({ ...step, share: step.count / views }));
  return { page, sessions, views, previous: withShares(answer!.previous), next: withShares(answer!.next) };
}

type Steps = Omit<JourneyStep, "share">[];

/** Pages before and after are places in the segment's list of paths, which are looked up when they are counted. */
function waysThrough(query: StatsQuery, page: string, params: Params): string {
  const chosen = chosenSegments(query, params);
  const asked = params.add(page);
  const [site, from, to] = [query.site, query.range.from, query.range.to].map((value) => params.add(value));
  const views = {
    dimensions: ["page"],
    condition: valueIn(params.add([page])),
    columns: ["day", "segment", "is_first"],
    lists: ["previous", "next"],
  } as const;
  return `
  with ${chosen},
  views as materialized (${chosenElements(query, views, params)}
  ),
  pages as (
    select g.day, g.segment, path.name, path.place
    from session_segments g
    cross join lateral unnest(g.paths) with ordinality as path(name, place)
    where g.site_id = ${site} and g.day between ${from}::date and ${to}::date
  ),
  before as materialized (${named("previous")}
  ),
  after as materialized (${named("next")}
  )
  select
    (select count(*) from views where is_first) as sessions,
    (select coalesce(sum(count), 0) from before where value is distinct from ${asked}) as views,
    ${top("before", asked)} as previous,
    ${top("after", asked)} as next`;
}

function named(column: "previous" | "next"): string {
  return `
    select p.name as value, sum(w.count) as count
    from (select day, segment, ${column} as place, count(*) as count from views group by day, segment, ${column}) w
    left join pages p using (day, segment, place)
    group by p.name`;
}

function top(pages: "before" | "after", asked: string): string {
  return `(
      select coalesce(jsonb_agg(jsonb_build_object('value', value, 'count', count) order by count desc, value collate "C" nulls first), '[]')
      from (
        select value, count from ${pages} where value is distinct from ${asked}
        order by count desc, value collate "C" nulls first limit ${TOP}
      ) counted
    )`;
}
