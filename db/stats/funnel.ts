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

/**
 * A session's steps are found in its own lists, which are in order: each after the moment of the one before.
 * `offset 0`: each is looked for once, not wherever it is mentioned.
 */
function walksOfSessions(where: string, steps: readonly WantedStep[]): string {
  const first = steps[0]!;
  const found = steps.reduce(
    (walks, { kind, id }, i) => {
      const next = i === 0
        ? `${kind}_at[array_position(${kind}_ids, ${id})]`
        : `case when at_${i - 1} is not null
        then ${kind}_at[array_position(${kind}_ids, ${id}, width_bucket(at_${i - 1}, ${kind}_at) + 1)] end`;
      return `
    select *, ${next} as at_${i}
    from (${walks}
    ) walk_${i} offset 0`;
    },
    `
    select s.page_ids, s.page_at, s.event_ids, s.event_at
    from session_rows s
    where ${where} and s.${first.kind}_ids && array[${first.id}]`,
  );
  return `
  select ${steps.map((_, i) => figures(i, `at_${i}`, `at_${i - 1}`)).join(", ")}
  from (${found}
  ) walks`;
}

/** A visitor's steps may be those of several sessions. Materialized, since the planner expects a few rows, and loops. */
function walksOfVisitors(where: string, steps: readonly WantedStep[]): string {
  const walks = steps.map(({ kind, id }, i) => {
    const having = `session_rows s where ${where} and s.${kind}_ids && array[${id}]`;
    return i === 0
      ? `
  walk_0 as materialized (
    select s.visitor, min(s.${kind}_at[array_position(s.${kind}_ids, ${id})]) as at, null::timestamptz as previous
    from ${having}
    group by s.visitor
  )`
      : `
  walk_${i} as materialized (
    select visitor, min(step.at) as at, walked.at as previous
    from walk_${i - 1} walked
    join (select s.visitor, unnest(s.${kind}_ids) as id, unnest(s.${kind}_at) as at from ${having}) step using (visitor)
    where step.id = ${id} and step.at > walked.at
    group by visitor, walked.at
  )`;
  });
  return `
  with ${walks.join(",")}
  select ${steps.map((_, i) => `step_${i}.*`).join(", ")}
  from ${
    steps.map((_, i) => `(select ${figures(i, "at", "previous")} from walk_${i}) step_${i}`).join(", ")
  }`;
}

/** How many got to a step, and the median of the seconds since the step before, in whole milliseconds. */
function figures(step: number, at: string, previous: string): string {
  const count = `count(${at}) as count_${step}`;
  const seconds =
    `extract(epoch from date_bin('1 millisecond', ${at}, 'epoch') - date_bin('1 millisecond', ${previous}, 'epoch'))::float8`;
  return step === 0
    ? count
    : `${count}, percentile_cont(0.5) within group (order by ${seconds}) as median_${step}`;
}
