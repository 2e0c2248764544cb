import type { Database } from "../database.ts";
import { chosenElements } from "./elements.ts";
import { type Filter, Params, type StatsQuery } from "./query.ts";
import { askSegments, chosenSegments } from "./segments.ts";
import { valueIn } from "./session_values.ts";

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
  db: Database,
  query: StatsQuery,
  steps: readonly FunnelStep[],
  by: FunnelUnit,
): Promise<FunnelRow[]> {
  const params = new Params();
  const sql = by === "session" ? bySession(query, steps, params) : byVisitor(query, steps, params);
  const [row] = await askSegments<Record<string, number | null>>(db, sql, params);
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

const filterOf = ({ page, event }: FunnelStep): Filter =>
  page === undefined
    ? { dimension: "event", operator: "is", values: [event] }
    : { dimension: "page", operator: "is", values: [page] };

/** The first step alone is counted by the bits of the sessions; the others are looked for where the first two are. */
function bySession(query: StatsQuery, steps: readonly FunnelStep[], params: Params): string {
  const [first, second] = steps.map(filterOf);
  const begun = { ...query, filters: [...query.filters, first!] };
  const both = { ...query, filters: [...begun.filters, second!] };
  const begunCount = `(with ${chosenSegments(begun, params)}
    select coalesce(sum(bit_count(mask)), 0) from chosen)`;
  return walks(both, steps, { unit: "session", begunCount }, params);
}

/** Visitors who take the first step alone are only counted, which is a sort of numbers; the others are followed. */
function byVisitor(query: StatsQuery, steps: readonly FunnelStep[], params: Params): string {
  const begunCount = "(select count(distinct visitor) from taken_0)";
  return walks(query, steps, { unit: "visitor", begunCount }, params);
}

/**
 * `count_0`, `count_1`, `median_1` (milliseconds), … Keys order a unit's steps: milliseconds times 1,024, plus a page's place in its
 * session.
 */
function walks(
  query: StatsQuery,
  steps: readonly FunnelStep[],
  { unit, begunCount }: { unit: FunnelUnit; begunCount: string },
  params: Params,
): string {
  const chosen = chosenSegments(query, params);
  const taken = steps.map((step, i) =>
    `taken_${i} as (${takenStep(query, step, unit, i === 0, params)}
  )`
  );
  const reached = steps.slice(1).map((step, i) => {
    const isLater = step.page !== undefined && steps[i]!.page !== undefined
      ? `key > key_${i}`
      : `key >> 10 > key_${i} >> 10`;
    return `reached_${i + 1} as materialized (
    select ${unit}, min(key_${i}) as key_${i}, min(key) as key_${i + 1}
    from reached_${i} join taken_${i + 1} using (${unit})
    where ${isLater}
    group by ${unit}
  )`;
  });
  const figures = steps.slice(1).map((_, i) =>
    `(select count(*) from reached_${i + 1}) as count_${i + 1},
    (select percentile_cont(0.5) within group (order by (key_${
      i + 1
    } >> 10) - (key_${i} >> 10)) from reached_${i + 1}) as median_${i + 1}`
  );
  return `
  with ${[chosen, ...taken, BEGUN[unit], ...reached].join(",\n  ")}
  select ${[`${begunCount} as count_0`, ...figures].join(",\n    ")}`;
}

/** Who is followed, and since when. A session takes the first step for the first time once. */
const BEGUN: Record<FunnelUnit, string> = {
  session: `reached_0 as (
    select session, key as key_0 from taken_0
  )`,
  visitor: `reached_0 as (
    select visitor, min(key) as key_0 from taken_0 where visitor in (select visitor from taken_1) group by visitor
  )`,
};

/** The `key` of each time that a unit takes a step. */
function takenStep(
  query: StatsQuery,
  { page, event }: FunnelStep,
  unit: FunnelUnit,
  firsts: boolean,
  params: Params,
): string {
  const choice = {
    dimensions: [page === undefined ? "event" : "page"],
    condition: valueIn(params.add([page ?? event])),
    lists: ["moments"] as const,
    firsts,
  };
  const [key, elements] = unit === "session"
    ? ["moment", { ...choice, columns: ["session"] as const }] as const
    : ["(day_ms + started_ms) * 1024 + moment", {
      ...choice,
      columns: ["day_ms"] as const,
      sessions: ["visitors", "started_ms"] as const,
    }] as const;
  return `
    select ${unit}, ${key} as key
    from (${chosenElements(query, elements, params)}
    ) elements`;
}
