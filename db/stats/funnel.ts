import type { Database } from "../database.ts";
import { type Filter, Params, type StatsQuery } from "./query.ts";
import { askSegments, chosenElements, chosenSegments, valueIn } from "./segments.ts";

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
  const [begun, reached] = by === "session"
    ? bySession(query, steps, params)
    : byVisitor(query, steps, params);
  const figures = steps.slice(1).map((_, i) =>
    `count(at_${i + 1}) as count_${i + 1},
    percentile_cont(0.5) within group (order by at_${i + 1} - at_${i}) as median_${i + 1}`
  );
  const [row] = await askSegments<Record<string, number | null>>(
    db,
    `select ${[begun, ...figures].join(",\n    ")} from (${reached}) reached`,
    params,
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

const filterOf = ({ page, event }: FunnelStep): Filter =>
  page === undefined
    ? { dimension: "event", operator: "is", values: [event] }
    : { dimension: "page", operator: "is", values: [page] };

/**
 * How many took the first step, as `count_0`, which the bits of the sessions say; and a row a session that has the first two, `at_0`
 * … in milliseconds, null from where it did not go on.
 */
function bySession(query: StatsQuery, steps: readonly FunnelStep[], params: Params): [string, string] {
  const [first, second] = steps.map(filterOf);
  const begun = { ...query, filters: [...query.filters, first!] };
  const both = { ...query, filters: [...begun.filters, second!] };
  return [
    `(with ${chosenSegments(begun, params)}
    select coalesce(sum(bit_count(mask)), 0) from chosen) as count_0`,
    walks(both, steps, { unit: "day, segment, number", key: "moment" }, params),
  ];
}

/** The same of visitors, of whom each that took the first step has a row. */
function byVisitor(query: StatsQuery, steps: readonly FunnelStep[], params: Params): [string, string] {
  const key = "(day_ms + started_ms) * 1024 + moment";
  return ["count(*) as count_0", walks(query, steps, { unit: "visitor", key }, params)];
}

/**
 * A row a unit with the first step: `at_0` … in milliseconds. Keys order a unit's steps: milliseconds times 1,024, plus a page's
 * place in its session.
 */
function walks(
  query: StatsQuery,
  steps: readonly FunnelStep[],
  { unit, key }: { unit: string; key: string },
  params: Params,
): string {
  const chosen = chosenSegments(query, params);
  const taken = steps.map((step, i) => {
    const elements = {
      dimensions: [step.page === undefined ? "event" : "page"],
      condition: valueIn(params.add([step.page ?? step.event])),
      lists: ["moments"] as const,
      sessions: unit === "visitor" ? ["visitors", "started_ms"] as const : [],
    };
    return `select ${i} as step, ${unit}, ${key} as key
      from (${chosenElements(query, elements, params)}
      ) step_${i}${i === 0 ? " where is_first" : ""}`;
  });
  const later = steps.slice(1).map((_, i) =>
    `array_agg(key) filter (where step = ${i + 1}) as keys_${i + 1}`
  );
  const levels = steps.slice(1).map((step, i) => {
    const isLater = step.page !== undefined && steps[i]!.page !== undefined
      ? `key > key_${i}`
      : `key >> 10 > key_${i} >> 10`;
    return `cross join lateral (
      select min(key) as key_${i + 1} from unnest(keys_${i + 1}) as key where ${isLater}
    ) level_${i + 1}`;
  });
  return `
    with ${chosen},
    taken as (
      ${taken.join("\n      union all\n      ")}
    ),
    units as materialized (
      select min(key) filter (where step = 0) as key_0, ${later.join(", ")}
      from taken
      group by ${unit}
      having min(key) filter (where step = 0) is not null
    )
    select ${steps.map((_, i) => `key_${i} >> 10 as at_${i}`).join(", ")}
    from units
    ${levels.join("\n    ")}`;
}
