import type { Database } from "../db/database.ts";
import { breakdown } from "../db/stats/breakdown.ts";
import { eventProperties } from "../db/stats/event_properties.ts";
import { forms } from "../db/stats/forms.ts";
import { funnel, type FunnelStep } from "../db/stats/funnel.ts";
import { goals } from "../db/stats/goals.ts";
import { journeys } from "../db/stats/journeys.ts";
import { overview } from "../db/stats/overview.ts";
import { comparedDays, usualInterval } from "../db/stats/period.ts";
import type { Dimension, Filter, StatsQuery } from "../db/stats/query.ts";
import { realtime } from "../db/stats/realtime.ts";
import { retention } from "../db/stats/retention.ts";
import { scroll } from "../db/stats/scroll.ts";
import { timeseries } from "../db/stats/timeseries.ts";
import {
  type RawAnswer,
  rawBreakdown,
  rawBrowsers,
  rawEvents,
  rawOverview,
  rawPages,
  rawTimeseries,
} from "./raw_answers.ts";

/** One question of the stats API, as its route puts it. */
export interface Question {
  name: string;
  ask(db: Database, query: StatsQuery): Promise<unknown>;
  /** The same from raw rows. */
  raw?: RawAnswer;
}

const PANELS: [Dimension, RawAnswer][] = [
  ["channel", rawBreakdown("channel")],
  ["page", rawPages],
  ["country", rawBreakdown("country")],
  ["browser", rawBrowsers],
  ["event", rawEvents],
];

const FILTERS: [string, Filter[]][] = [
  ["country is DE", [{ dimension: "country", operator: "is", values: ["DE"] }]],
  ["page is /pricing", [{ dimension: "page", operator: "is", values: ["/pricing"] }]],
  ["page contains 12, not Chrome", [
    { dimension: "page", operator: "contains", values: ["12"] },
    { dimension: "browser", operator: "is_not", values: ["Chrome"] },
  ]],
];

const STEPS: FunnelStep[] = [{ page: "/" }, { page: "/pricing" }, { event: "form_submit" }];

/** What is asked with a filter and without. */
const ASKED: [string, Question["ask"]][] = [
  ["breakdown/page", (db, query) => breakdown(db, query, "page")],
  ["breakdown/source, with visitors", (db, query) => breakdown(db, query, "source", { visitors: true })],
  [
    "breakdown/page, a hundred with visitors",
    (db, query) => breakdown(db, query, "page", { visitors: true, limit: 100 }),
  ],
  ["funnel by session", (db, query) => funnel(db, query, STEPS, "session")],
  ["funnel by visitor", (db, query) => funnel(db, query, STEPS, "visitor")],
  ["journeys", (db, query) => journeys(db, query, "/pricing")],
  ["retention", (db, query) => retention(db, query)],
  ["goals", (db, query) => goals(db, query)],
  ["forms", (db, query) => forms(db, query)],
  ["scroll", (db, query) => scroll(db, query)],
  ["events/click", (db, query) => eventProperties(db, query, "click")],
];

export const QUESTIONS: Question[] = [
  { name: "overview", ask: overviewCompared, raw: rawOverview },
  {
    name: "timeseries",
    ask: (db, query) => timeseries(db, query, usualInterval(query.range)),
    raw: rawTimeseries,
  },
  ...PANELS.map(([dimension, raw]) => ({
    name: `breakdown/${dimension}`,
    ask: (db: Database, query: StatsQuery) => breakdown(db, query, dimension),
    raw,
  })),
  { name: "realtime", ask: (db, query) => realtime(db, query.site, new Date()) },
  ...ASKED.slice(1).map(([name, ask]) => ({ name, ask })),
  ...FILTERS.map(([name, filters]) => ({
    name: `overview, ${name}`,
    ask: (db: Database, query: StatsQuery) => overview(db, { ...query, filters }),
  })),
  ...ASKED.map(([name, ask]) => ({
    name: `${name}, ${FILTERS[0]![0]}`,
    ask: (db: Database, query: StatsQuery) => ask(db, { ...query, filters: FILTERS[0]![1] }),
  })),
  {
    name: `timeseries, ${FILTERS[0]![0]}`,
    ask: (db, query) => timeseries(db, { ...query, filters: FILTERS[0]![1] }, usualInterval(query.range)),
  },
];

async function overviewCompared(db: Database, query: StatsQuery): Promise<unknown> {
  const range = comparedDays(query.range, "previous")!;
  return await Promise.all([overview(db, query), overview(db, { ...query, range })]);
}

/** Everything that the dashboard's first page asks, at the same time. */
export async function askWholePage(db: Database, query: StatsQuery): Promise<void> {
  await Promise.all([
    overviewCompared(db, query),
    timeseries(db, query, usualInterval(query.range)),
    timeseries(db, { ...query, range: comparedDays(query.range, "previous")! }, usualInterval(query.range)),
    ...PANELS.map(([dimension]) => breakdown(db, query, dimension)),
  ]);
}
