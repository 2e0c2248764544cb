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
      page === undefined ? params.add(event) : `canonical_path(${params.add(page)})`
    })::uuid)`,
  }));
  const [reached] = await ask<Record<string, number | null>>(
    db,
    walks(by === "session" ? stepsOfSessions(where, wanted) : stepsOfVisitors(where, wanted), wanted),
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

/** SQL for what every session did that took the first step: its lists of pages and events, each in order. */
function stepsOfSessions(where: string, [first]: readonly WantedStep[]): string {
  return `
    select s.page_ids, s.page_at, s.event_ids, s.event_at
    from session_rows s
    where ${where} and s.${first!.kind}_ids && array[${first!.id}]`;
}

/** SQL for the same of every visitor, in all their sessions: just the steps of the funnel. */
function stepsOfVisitors(where: string, steps: readonly WantedStep[]): string {
  const taken = (["page", "event"] as const).flatMap((kind) => {
    const ids = steps.filter((step) => step.kind === kind).map(({ id }) => id).join(", ");
    return ids === "" ? [] : [`
        select visitor, ${kind === "page"} as is_page, id, at
        from (
          select s.visitor, unnest(s.${kind}_ids) as id, unnest(s.${kind}_at) as at
          from session_rows s
          where ${where} and s.${kind}_ids && array[${ids}]
        ) steps
        where id = any(array[${ids}])`];
  });
  const lists = Object.entries({ page: "is_page", event: "not is_page" }).flatMap(([kind, condition]) => [
    `array_agg(id) filter (where ${condition}) as ${kind}_ids`,
    `array_agg(at) filter (where ${condition}) as ${kind}_at`,
  ]);
  return `
    select ${lists.join(", ")}
    from (${
    taken.join(`
        union all`)
  }
        order by visitor, at
    ) taken
    group by visitor`;
}

/**
 * SQL that looks for the steps in these lists, each after the moment of the one before. `offset 0`: each is looked for once, not
 * wherever it is mentioned.
 */
function walks(lists: string, steps: readonly WantedStep[]): string {
  const found = steps.reduce((walks, { kind, id }, i) => {
    const next = i === 0
      ? `${kind}_at[array_position(${kind}_ids, ${id})]`
      : `case when at_${i - 1} is not null
        then ${kind}_at[array_position(${kind}_ids, ${id}, width_bucket(at_${i - 1}, ${kind}_at) + 1)] end`;
    return `
    select *, ${next} as at_${i}
    from (${walks}
    ) walk_${i} offset 0`;
  }, lists);
  return `
  select ${steps.map((_, i) => figures(i, `at_${i}`, `at_${i - 1}`)).join(", ")}
  from (${found}
  ) walks`;
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
