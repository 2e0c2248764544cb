import type { Queryable } from "../database.ts";
import { chosenSessions, Params, type StatsQuery } from "./query.ts";

/** View a page, or send an event. */
export type FunnelStep = { page: string; event?: undefined } | { event: string; page?: undefined };

export const MIN_STEPS = 2;
export const MAX_STEPS = 10;

/** Within one session, or over all sessions of a visitor that are in the range. */
export const FUNNEL_UNITS = ["session", "visitor"] as const;
export type FunnelUnit = typeof FUNNEL_UNITS[number];

export interface FunnelRow {
  /** `page:/a` or `event:signup`. */
  step: string;
  /** How many sessions, or visitors, got this far. */
  count: number;
  /** 0..1; null where nobody took the first step. */
  rateOfFirst: number | null;
  /** 0..1; null for the first step, and where nobody took the one before. */
  rateOfPrevious: number | null;
  /** How many got to the step before, and not to this one. */
  dropOff: number;
  /** From the step before to this one; null for the first step, and where nobody got here. */
  medianSeconds: number | null;
}

/**
 * How many took the steps one after the other, whatever they did in between. Each step is the first one after the step before:
 * a later millisecond; of two pageviews, also the later one of the same millisecond.
 */
export async function funnel(
  db: Queryable,
  query: StatsQuery,
  steps: readonly FunnelStep[],
  by: FunnelUnit,
): Promise<FunnelRow[]> {
  const params = new Params();
  const reached = by === "session" ? bySession(query, steps, params) : byVisitor(query, steps, params);
  const figures = steps.map((_, i) =>
    i === 0 ? "count(*) as count_0" : `count(at_${i}) as count_${i},
    percentile_cont(0.5) within group (order by at_${i} - at_${i - 1}) as median_${i}`
  );
  const [row] = await db.query<Record<string, number | null>>(
    `select ${figures.join(",\n    ")} from (${reached}) reached`,
    params.values,
  );
  return steps.map((step, i) => {
    const count = row![`count_${i}`]!;
    const first = row!.count_0!;
    const previous = i === 0 ? null : row![`count_${i - 1}`]!;
    const median = row![`median_${i}`] ?? null;
    return {
      step: formatStep(step),
      count,
      rateOfFirst: first === 0 ? null : count / first,
      rateOfPrevious: previous === null || previous === 0 ? null : count / previous,
      dropOff: previous === null ? 0 : previous - count,
      medianSeconds: median === null ? null : median / 1000,
    };
  });
}

export function formatStep({ page, event }: FunnelStep): string {
  return page === undefined ? `event:${event}` : `page:${page}`;
}

/**
 * A row a session with the first step, `at_0` … in milliseconds, null from where it did not go on. Pages are found by their
 * place in the session's list, which is faster than by a set.
 */
function bySession(query: StatsQuery, steps: readonly FunnelStep[], params: Params): string {
  const levels = steps.map((step, i) => {
    const wanted = params.add(step.page ?? step.event);
    if (i === 0) {
      return `array_position(${step.page === undefined ? "s.event_names" : "s.pages"}, ${wanted}::text)`;
    }
    const before = atOf(steps[i - 1]!, i - 1);
    if (step.page === undefined) {
      return `(select min(e.place) from unnest(s.event_names, s.event_ms) with ordinality as e(name, ms, place)
        where e.name = ${wanted} and e.ms > ${before})::integer`;
    }
    // From the first place after the previous step's page, or after its time.
    const start = steps[i - 1]!.page !== undefined
      ? `place_${i - 1} + 1`
      : `(select min(p) from generate_subscripts(s.page_ms, 1) as p where s.page_ms[p] > ${before})`;
    return `case when ${start} is not null then array_position(s.pages, ${wanted}::text, ${start}) end`;
  });
  const [first] = steps;
  const list = first!.page === undefined ? "s.event_names" : "s.pages";
  // Each level in a list of one: so it is worked out once, not wherever the next one names it.
  return `
    select ${steps.map((step, i) => `${atOf(step, i)} as at_${i}`).join(", ")}
    from session_summaries s
    ${
    levels.map((level, i) => `cross join lateral unnest(array[${level}]) as level_${i}(place_${i})`).join(
      "\n    ",
    )
  }
    where ${chosenSessions(query, params)}
      and ${list} && array[${params.add(first!.page ?? first!.event)}::text]`;
}

const atOf = ({ page }: FunnelStep, i: number) =>
  page === undefined ? `s.event_ms[place_${i}]` : `s.page_ms[place_${i}]`;

/**
 * A row a visitor with the first step. `key` orders a visitor's steps: milliseconds, then the page's place in its session, of
 * which there are at most 1,000.
 */
function byVisitor(query: StatsQuery, steps: readonly FunnelStep[], params: Params): string {
  const pages = params.add(steps.flatMap(({ page }) => page ?? []));
  const events = params.add(steps.flatMap(({ event }) => event ?? []));
  const reached = steps.map((step, i) => {
    const name = params.add(step.page ?? step.event);
    const isPage = step.page !== undefined;
    if (i === 0) {
      return `reached_0 as (
      select visitor, min(key) as key_0 from taken where is_page = ${isPage} and name = ${name} group by visitor
    )`;
    }
    const isLater = isPage && steps[i - 1]!.page !== undefined
      ? `t.key > r.key_${i - 1}`
      : `t.key >> 10 > r.key_${i - 1} >> 10`;
    return `reached_${i} as (
      select r.visitor, ${
      steps.slice(0, i).map((_, before) => `min(r.key_${before}) as key_${before}`).join(", ")
    },
        min(t.key) as key_${i}
      from reached_${i - 1} r
      left join taken t on t.visitor = r.visitor and t.is_page = ${isPage} and t.name = ${name} and ${isLater}
      group by r.visitor
    )`;
  });
  return `
    with taken as materialized (
      select s.visitor, step.is_page, step.name,
        ((extract(epoch from s.started_at) * 1000)::bigint + step.ms) * 1024 + step.place as key
      from session_summaries s
      cross join lateral (
        select true as is_page, page.name, page.ms, page.place
        from unnest(s.pages, s.page_ms) with ordinality as page(name, ms, place)
        union all
        select false, event.name, event.ms, 0
        from unnest(s.event_names, s.event_ms) as event(name, ms)
      ) step
      where ${chosenSessions(query, params)}
        and (s.pages && ${pages}::text[] or s.event_names && ${events}::text[])
        and step.name = any(case when step.is_page then ${pages}::text[] else ${events}::text[] end)
    ),
    ${reached.join(",\n    ")}
    select ${steps.map((_, i) => `key_${i} >> 10 as at_${i}`).join(", ")} from reached_${steps.length - 1}`;
}
