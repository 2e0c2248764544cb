import type { Database } from "../database.ts";
import { chosenElements } from "./elements.ts";
import { medianOfLists, type MiddleOfList, middleOfList, NEAR_THE_MIDDLE } from "./median.ts";
import { type Filter, Params, type StatsQuery } from "./query.ts";
import { askEach, visitorParts } from "./halves.ts";
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
  const reached = await reachedSteps(db, query, steps, by, "near the middle") ??
    (await reachedSteps(db, query, steps, by, "all"))!;
  return steps.map((step, i) => {
    const { count, median } = reached[i]!;
    const first = reached[0]!.count;
    const previous = i === 0 ? null : reached[i - 1]!.count;
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

/** How many got to a step, and the median of the milliseconds that they took for it. */
interface ReachedStep {
  count: number;
  median: number | null;
}

/** Of halves of the visitors, put together. Undefined where the lengths that they answer do not tell a median. */
async function reachedSteps(
  db: Database,
  query: StatsQuery,
  steps: readonly FunnelStep[],
  by: FunnelUnit,
  lengths: "near the middle" | "all",
): Promise<ReachedStep[] | undefined> {
  const parts = await askEach(await visitorParts(db, query), async (part) => {
    const params = new Params();
    const [row] = await askSegments<{ begun: number; lengths: MiddleOfList[] }>(
      db,
      walks(part, steps, by, lengths === "all" ? "count" : NEAR_THE_MIDDLE, params),
      params,
    );
    return row!;
  });
  const reached: ReachedStep[] = [{
    count: parts.reduce((sum, { begun }) => sum + begun, 0),
    median: null,
  }];
  for (const i of steps.slice(1).keys()) {
    const middles = parts.map(({ lengths }) => lengths[i]!);
    const median = medianOfLists(middles);
    if (median === undefined) return undefined;
    reached.push({ count: middles.reduce((sum, { count }) => sum + count, 0), median });
  }
  return reached;
}

export function formatStep({ page, event }: FunnelStep): string {
  return page === undefined ? `event:${event}` : `page:${page}`;
}

const filterOf = ({ page, event }: FunnelStep): Filter =>
  page === undefined
    ? { dimension: "event", operator: "is", values: [event] }
    : { dimension: "page", operator: "is", values: [page] };

/**
 * How many took the first step, and the lengths of the ways to each other one. Sessions that take the first step alone are counted by
 * bits: those that are followed took the second one, too, before or after.
 *
 * @param reach how many lengths to each side of the middle, in terms of their `count`
 */
function walks(
  query: StatsQuery,
  steps: readonly FunnelStep[],
  unit: FunnelUnit,
  reach: string,
  params: Params,
): string {
  const [first, second] = steps.map(filterOf);
  const begun = { ...query, filters: [...query.filters, first!] };
  const followed = unit === "session" ? { ...begun, filters: [...begun.filters, second!] } : query;
  const begunCount = unit === "session"
    ? `with ${chosenSegments(begun, params)}
    select coalesce(sum(bit_count(mask)), 0) from chosen`
    : "select count(*) from reached_0";
  const lengths = steps.slice(1).map((_, i) =>
    middleOfList(`(key_${i + 1} >> 10) - (key_${i} >> 10)`, `reached_${i + 1}`, reach)
  );
  return `
  with ${chosenSegments(followed, params)},
  ${reachedTables(followed, steps, unit, params)}
  select (
    ${begunCount}
  ) as begun, jsonb_build_array(${lengths.join(", ")}) as lengths`;
}

/**
 * The tables reached_0, reached_1, … of the units that got to each step, by the keys of it and the one before. Keys order a unit's steps:
 * milliseconds times 1,024, plus a page's place in its session.
 */
function reachedTables(
  query: StatsQuery,
  steps: readonly FunnelStep[],
  unit: FunnelUnit,
  params: Params,
): string {
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
  return [...taken, BEGUN[unit], ...reached].join(",\n  ");
}

/** Who is followed, and since when. A session takes the first step for the first time once. */
const BEGUN: Record<FunnelUnit, string> = {
  session: `reached_0 as (
    select session, key as key_0 from taken_0
  )`,
  visitor: `reached_0 as materialized (
    select visitor, min(key) as key_0 from taken_0 group by visitor
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
