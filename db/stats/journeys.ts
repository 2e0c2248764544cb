import type { Database } from "../database.ts";
import { chosenElements } from "./elements.ts";
import { askEach, compareBytes, MOST_ROWS, sumRows, visitorParts } from "./halves.ts";
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
 */
export async function journeys(db: Database, query: StatsQuery, page: string): Promise<Journeys> {
  const parts = await visitorParts(db, query);
  const halves = parts.length > 1 ? await waysOfHalves(db, parts, page) : undefined;
  const { sessions, views, previous, next } = halves ?? await waysThrough(db, query, page, TOP);
  const withShares = (steps: Step[]) => steps.map((step) => ({ ...step, share: step.count / views }));
  return { page, sessions, views, previous: withShares(previous), next: withShares(next) };
}

type Step = Omit<JourneyStep, "share">;

interface Ways {
  sessions: number;
  views: number;
  previous: Step[];
  next: Step[];
}

/** Undefined where there are more pages than are put together here. */
async function waysOfHalves(db: Database, parts: StatsQuery[], page: string): Promise<Ways | undefined> {
  const halves = await askEach(parts, (half) => waysThrough(db, half, page, MOST_ROWS + 1));
  if (halves.some(({ previous, next }) => Math.max(previous.length, next.length) > MOST_ROWS)) {
    return undefined;
  }
  const sum = (figure: "sessions" | "views") => halves.reduce((sum, half) => sum + half[figure], 0);
  const top = (side: "previous" | "next") =>
    sumRows(halves.flatMap((half) => half[side]), ({ value }) => JSON.stringify(value))
      .sort((a, b) => b.count - a.count || compareBytes(a.value ?? "", b.value ?? ""))
      .slice(0, TOP);
  return { sessions: sum("sessions"), views: sum("views"), previous: top("previous"), next: top("next") };
}

/**
 * Pages before and after are places in the segment's list of paths, which are looked up when they are counted. Segment and place are
 * one number, at less cost than three columns: 22 bits of it are the place (0 is that of no page), so that those of a year stay within
 * the 32 bits of which Postgres makes the best hashes.
 *
 * @param most pages before, and after, that are told
 */
async function waysThrough(db: Database, query: StatsQuery, page: string, most: number): Promise<Ways> {
  const params = new Params();
  const chosen = chosenSegments(query, params);
  const asked = `${params.add(page)}::text`;
  const limit = params.add(most);
  const views = {
    dimensions: ["page_way"],
    condition: valueIs(asked),
    columns: ["first_session", "is_first", "previous", "next"],
  } as const;
  const top = (condition: string) =>
    `(
      select coalesce(jsonb_agg(jsonb_build_object('value', value, 'count', count) order by count desc, value collate "C" nulls first), '[]')
      from (
        select value, count from named where ${condition} and value is distinct from ${asked}
        order by count desc, value collate "C" nulls first limit ${limit}
      ) counted
    )`;
  const [answer] = await askSegments<Ways>(
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
    ${top("not is_next")} as previous,
    ${top("is_next")} as next`,
    params,
  );
  return answer!;
}
