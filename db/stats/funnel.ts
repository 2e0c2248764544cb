import type { Database } from "../database.ts";
import { chosenElements } from "./elements.ts";
import { medianOfLists, type MiddleOfList, middleOfList, NEAR_THE_MIDDLE } from "./median.ts";
import { type Filter, Params, type StatsQuery } from "./query.ts";
import { askEach, visitorParts } from "./halves.ts";
import { askSegments, chosenSegments } from "./segments.ts";
import { valueIs } from "./session_values.ts";

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
    : "select coalesce(sum(begun), 0) from parts";
  const lengths = steps.slice(1).map((_, i) =>
    middleOfList(`(select unnest(lengths_${i + 1}) as number from parts) lengths`, reach)
  );
  return `
  with ${chosenSegments(followed, params)},
  ${steps.map((step, i) => takenLists(followed, step, unit, i, params)).join(",\n  ")},
  parts as materialized (
    select reached.*
    from taken_0 ${steps.slice(1).map((_, i) => `left join taken_${i + 1} using (part)`).join(" ")}
    cross join lateral (${reachedInPart(steps, unit)}
    ) reached
  )
  select (
    ${begunCount}
  ) as begun, jsonb_build_array(${lengths.join(", ")}) as lengths`;
}

/**
 * Units are followed a part of them at a time, so that what is grouped and joined stays in the processor's cache: by some bits of their
 * number; the lowest one is that of the half.
 */
const PART = "unit >> 1 & 63";

/** A table taken_0, taken_1, …: of each part of the units two lists, side by side, of who took a step and its key. */
function takenLists(
  query: StatsQuery,
  step: FunnelStep,
  unit: FunnelUnit,
  index: number,
  params: Params,
): string {
  return `taken_${index} as materialized (
    select ${PART} as part, array_agg(unit) as units, array_agg(key) as keys
    from (${takenStep(query, step, unit, index === 0, params)}
    ) taken
    group by part
  )`;
}

/**
 * How many of a part of the units got to the first step, `begun`, and the milliseconds from each step to the next one, `lengths_1`, ….
 * Keys order a unit's steps: milliseconds times 1,024, plus a page's place in its session.
 */
function reachedInPart(steps: readonly FunnelStep[], unit: FunnelUnit): string {
  const taken = (i: number) =>
    `(select unnest(taken_${i}.units) as unit, unnest(taken_${i}.keys) as key) taken`;
  const reached = steps.slice(1).map((step, i) => {
    const isLater = step.page !== undefined && steps[i]!.page !== undefined
      ? `key > key_${i}`
      : `key >> 10 > key_${i} >> 10`;
    return `reached_${i + 1} as materialized (
        select unit, min(key_${i}) as key_${i}, min(key) as key_${i + 1}
        from reached_${i} join ${taken(i + 1)} using (unit)
        where ${isLater}
        group by unit
      )`;
  });
  // A session takes the first step for the first time once.
  const begun = unit === "session"
    ? `select unit, key as key_0 from ${taken(0)}`
    : `select unit, min(key) as key_0 from ${taken(0)} group by unit`;
  const lengths = steps.slice(1).map((_, i) =>
    `array(select (key_${i + 1} >> 10) - (key_${i} >> 10) from reached_${i + 1}) as lengths_${i + 1}`
  );
  return `
      with reached_0 as materialized (${begun}),
      ${reached.join(",\n      ")}
      select (select count(*) from reached_0) as begun, ${lengths.join(", ")}`;
}

/** The `key` of each time that a unit takes a step. */
function takenStep(
  query: StatsQuery,
  { page, event }: FunnelStep,
  unit: FunnelUnit,
  firsts: boolean,
  params: Params,
): string {
  const choice = {
    dimensions: [page === undefined ? "event_step" : "page_step"],
    condition: valueIs(`${params.add(page ?? event)}::text`),
    firsts,
  };
  const [key, elements] = unit === "session"
    ? ["moment", { ...choice, columns: ["session", "moment"] as const }] as const
    : ["(day_ms + started_ms) * 1024 + moment", {
      ...choice,
      columns: ["day_ms", "moment"] as const,
      sessions: ["visitors", "started_ms"] as const,
    }] as const;
  return `
    select ${unit} as unit, ${key} as key
    from (${chosenElements(query, elements, params)}
    ) elements`;
}
