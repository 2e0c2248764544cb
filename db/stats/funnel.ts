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
  return walks(both, steps, { unit: "session", key: "moment", begunCount }, params);
}

function byVisitor(query: StatsQuery, steps: readonly FunnelStep[], params: Params): string {
  const key = "(day_ms + started_ms) * 1024 + moment";
  return walks(
    query,
    steps,
    { unit: "visitor", key, begunCount: "(select count(*) from reached_0)" },
    params,
  );
}

/**
 * `count_0`, `count_1`, `median_1` (milliseconds), … Keys order a unit's steps: milliseconds times 1,024, plus a page's place in its
 * session.
 */
function walks(
  query: StatsQuery,
  steps: readonly FunnelStep[],
  { unit, key, begunCount }: { unit: "session" | "visitor"; key: string; begunCount: string },
  params: Params,
): string {
  const chosen = chosenSegments(query, params);
  const reached = steps.map((step, i) => {
    const elements = {
      dimensions: [step.page === undefined ? "event" : "page"],
      condition: valueIn(params.add([step.page ?? step.event])),
      columns: unit === "visitor" ? ["day_ms", "is_first"] as const : ["session", "is_first"] as const,
      lists: ["moments"] as const,
      sessions: unit === "visitor" ? ["visitors", "started_ms"] as const : [],
    };
    const taken = `(
      select ${unit}, ${key} as key, is_first
      from (${chosenElements(query, elements, params)}
      ) elements
    ) taken`;
    if (i === 0) {
      return `reached_0 as materialized (
    select ${unit}, min(key) as key_0 from ${taken} where is_first group by ${unit}
  )`;
    }
    const isLater = step.page !== undefined && steps[i - 1]!.page !== undefined
      ? `key > key_${i - 1}`
      : `key >> 10 > key_${i - 1} >> 10`;
    return `reached_${i} as materialized (
    select ${unit}, min(key_${i - 1}) as key_${i - 1}, min(key) as key_${i}
    from reached_${i - 1} join ${taken} using (${unit})
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
  with ${chosen},
  ${reached.join(",\n  ")}
  select ${[`${begunCount} as count_0`, ...figures].join(",\n    ")}`;
}
