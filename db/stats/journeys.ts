import type { Database } from "../database.ts";
import { asColumns, type Columns, firstRows, MOST_VALUES, sumColumns } from "./columns.ts";
import { chosenElements } from "./elements.ts";
import { askEach, visitorParts } from "./halves.ts";
import { Params, type StatsQuery } from "./query.ts";
import { askSegments, chosenSegments } from "./segments.ts";
import { valueIs, within } from "./session_values.ts";

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
 *
 * @param mostPages of how many pages before, or after, what halves of the visitors answer is put together in memory
 */
export async function journeys(
  db: Database,
  query: StatsQuery,
  page: string,
  mostPages = MOST_VALUES,
): Promise<Journeys> {
  const parts = await askEach(
    await visitorParts(db, query),
    (part) => waysThrough<Pages | null>(db, part, page, everyPage(mostPages)),
  );
  const sum = (figure: "sessions" | "views") => parts.reduce((sum, part) => sum + part[figure], 0);
  const { previous, next } = topOfParts(parts) ?? await waysThrough<Step[]>(db, query, page, topPages);
  const views = sum("views");
  const withShares = (steps: Step[]) => steps.map((step) => ({ ...step, share: step.count / views }));
  return { page, sessions: sum("sessions"), views, previous: withShares(previous), next: withShares(next) };
}

type Step = Omit<JourneyStep, "share">;
type Pages = Columns<"count">;

interface Ways<Side> {
  sessions: number;
  views: number;
  previous: Side;
  next: Side;
}

/** Undefined where there are more pages than are put together here. */
function topOfParts(parts: Ways<Pages | null>[]): { previous: Step[]; next: Step[] } | undefined {
  const top = (side: "previous" | "next") => {
    const pages = parts.flatMap((part) => part[side] ?? []);
    return pages.length < parts.length ? undefined : firstRows(sumColumns(pages, ["count"]), ["count"], TOP);
  };
  const [previous, next] = [top("previous"), top("next")];
  return previous && next && { previous, next };
}

/** Of some rows of `value` and `count` all that the answer says of a side. */
type SideOf = (rows: string, params: Params) => string;

function everyPage(most: number): SideOf {
  return (rows, params) =>
    `case when (select count(*) from ${rows}) <= ${params.add(most)}::bigint then ${
      asColumns(["count"], rows)
    } end`;
}

const topPages: SideOf = (rows) =>
  `(
      select coalesce(jsonb_agg(jsonb_build_object('value', value, 'count', count) order by count desc, value collate "C" nulls first), '[]')
      from (
        select value, count from ${rows}
        order by count desc, value collate "C" nulls first limit ${TOP}
      ) counted
    )`;

/**
 * Pages before and after are places in the segment's list of paths, which are looked up when they are counted. Segment and place are
 * one number, at less cost than three columns: 22 bits of it are the place (0 is that of no page), so that those of a year stay within
 * the 32 bits of which Postgres makes the best hashes.
 */
async function waysThrough<Side>(
  db: Database,
  query: StatsQuery,
  page: string,
  sideOf: SideOf,
): Promise<Ways<Side>> {
  const params = new Params();
  const chosen = chosenSegments(query, params);
  const asked = `${params.add(page)}::text`;
  const views = {
    dimensions: ["page_way"],
    condition: valueIs(asked),
    columns: ["first_session", "is_first", "previous", "next"],
  } as const;
  const side = (condition: string) =>
    sideOf(
      `(select value, count from named where ${condition} and value is distinct from ${asked}) side`,
      params,
    );
  const [answer] = await askSegments<Ways<Side>>(
    db,
    `
  with ${chosen},
  views as materialized (${chosenElements(query, views, params)}
  ),
  ways as (
    select place, is_next, count(*) as count
    from (
      select first_session << 10 | previous as place, false as is_next from views
      union all
      select first_session << 10 | next, true from views
    ) places
    group by place, is_next
  ),
  pages as (
    select first_session << 10 | number as place, name
    from (
      select c.first_session, unnest(v.paths) as name, generate_subscripts(v.paths, 1) as number
      from chosen c
      join session_segments v on v.day = c.day and v.segment = c.segment and ${within(query, params)}
    ) paths
  ),
  named as materialized (
    select p.name as value, w.is_next, sum(w.count) as count
    from ways w
    left join pages p using (place)
    group by p.name, w.is_next
  )
  select
    (select count(*) from views where is_first) as sessions,
    (select coalesce(sum(count), 0) from named where not is_next and value is distinct from ${asked}) as views,
    ${side("not is_next")} as previous,
    ${side("is_next")} as next`,
    params,
  );
  return answer!;
}
