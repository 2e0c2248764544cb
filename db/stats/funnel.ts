import type { Database } from "../database.ts";
import { Params, type StatsQuery } from "./query.ts";
import { ask, chosenRows } from "./scope.ts";

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
 * How many took the steps one after the other, whatever they did in between. Each step is the first one that comes after the step
 * before, by the moments of {@linkcode session_rows}: of steps of the same millisecond their order in the session decides.
 */
export async function funnel(
  db: Database,
  query: StatsQuery,
  steps: readonly FunnelStep[],
  by: FunnelUnit,
): Promise<FunnelRow[]> {
  const params = new Params();
  const { where } = await chosenRows(db, query, params);
  const site = params.add(query.site);
  const wanted = steps.map(({ page, event }): WantedStep => ({
    kind: page === undefined ? "event" : "page",
    id: `(select value_id from dictionary where site_id = ${site} and value_hash = md5(${
      params.add(page ?? event)
    })::uuid)`,
  }));
  const [reached] = await ask<Record<string, number | null>>(
    db,
    by === "session" ? walksOfSessions(where, wanted) : walksOfVisitors(where, wanted),
    params,
  );
  const count = (i: number) => reached![`count_${i}`]!;
  return steps.map((step, i) => ({
    step: formatStep(step),
    count: count(i),
    rateOfFirst: count(0) === 0 ? null : count(i) / count(0),
    rateOfPrevious: i === 0 || count(i - 1) === 0 ? null : count(i) / count(i - 1),
    dropOff: i === 0 ? 0 : count(i - 1) - count(i),
    medianSeconds: i === 0 ? null : reached![`median_${i}`]!,
  }));
}

export function formatStep({ page, event }: FunnelStep): string {
  return page === undefined ? `event:${event}` : `page:${page}`;
}

/** A step as SQL: which lists of a row hold it, and its number in the dictionary. */
interface WantedStep {
  kind: "page" | "event";
  id: string;
}

/** A session's steps are found in its own lists, one after the other. */
function walksOfSessions(where: string, steps: readonly WantedStep[]): string {
  const first = steps[0]!;
  const walked = steps.map(({ kind, id }, i) => `
    cross join lateral (
      select min(at) as at
      from unnest(s.${kind}_ids, s.${kind}_at) as step(id, at)
      where id = ${id}${i === 0 ? "" : ` and at > step_${i - 1}.at`}
    ) step_${i}`);
  return `
  select ${figures(steps, (i) => `at_${i}`)}
  from (
    select ${steps.map((_, i) => `step_${i}.at as at_${i}`).join(", ")}
    from session_rows s${walked.join("")}
    where ${where} and s.${first.kind}_ids && array[${first.id}]
  ) walks`;
}

/** A visitor's steps may be those of several sessions. Materialized, since the planner expects a few rows, and loops. */
function walksOfVisitors(where: string, steps: readonly WantedStep[]): string {
  const tables = steps.map(({ kind, id }, i) => `
  taken_${i} as materialized (
    select visitor, at
    from (
      select s.visitor, unnest(s.${kind}_ids) as id, unnest(s.${kind}_at) as at
      from session_rows s
      where ${where} and s.${kind}_ids && array[${id}]
    ) steps
    where id = ${id}
  ),
  walk_${i} as materialized (${
    i === 0 ? "select visitor, min(at) as at_0 from taken_0 group by visitor" : `
    select w.*, next.at_${i}
    from walk_${i - 1} w
    left join (
      select visitor, min(at) as at_${i} from walk_${i - 1} join taken_${i} using (visitor) where at > at_${
      i - 1
    } group by visitor
    ) next using (visitor)`
  }
  )`);
  return `
  with ${tables.join(",")}
  select ${figures(steps, (i) => `at_${i}`)} from walk_${steps.length - 1}`;
}

/** How many got to each step, and the median of the seconds since the step before, in whole milliseconds. */
function figures(steps: readonly unknown[], at: (i: number) => string): string {
  const moment = (i: number) => `date_bin('1 millisecond', ${at(i)}, 'epoch')`;
  return steps.map((_, i) =>
    i === 0 ? `count(${at(i)}) as count_0` : `count(${at(i)}) as count_${i},
    percentile_cont(0.5) within group (order by extract(epoch from ${moment(i)} - ${
      moment(i - 1)
    })::float8) as median_${i}`
  ).join(", ");
}
