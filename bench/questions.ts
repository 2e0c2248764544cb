import type { Database, Queryable } from "../db/database.ts";
import { breakdown } from "../db/stats/breakdown.ts";
import { eventProperties } from "../db/stats/event_properties.ts";
import { forms } from "../db/stats/forms.ts";
import { funnel, FUNNEL_UNITS, type FunnelStep } from "../db/stats/funnel.ts";
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
  rawEvents,
  rawForms,
  rawGoals,
  rawOverview,
  rawPages,
  rawProperties,
  rawScroll,
  rawTimeseries,
} from "./raw_answers.ts";
import { rawFunnel, rawJourneys, rawRetention } from "./raw_walks.ts";

/** One question of the stats API, as its route puts it. */
export interface Question {
  name: string;
  ask(db: Database, query: StatsQuery): Promise<unknown>;
  /** The same from raw rows; of what is read from them anyway, none. */
  raw?: RawAnswer;
}

const PANELS: [Dimension, RawAnswer][] = [
  ["channel", rawBreakdown("s.channel")],
  ["page", rawPages()],
  ["country", rawBreakdown("s.country")],
  ["browser", rawBreakdown("a.browser")],
  ["event", rawEvents],
];

/** As etl/procedures/09_sessions.sql has it. */
const SOURCE = `coalesce(lower(s.utm_source),
  case when s.referrer_type is distinct from 'internal' then coalesce(s.referrer_platform, url_host(s.original_referrer)) end)`;

const FILTERS: [string, Filter[]][] = [
  ["country is DE", [{ dimension: "country", operator: "is", values: ["DE"] }]],
  ["page is /pricing", [{ dimension: "page", operator: "is", values: ["/pricing"] }]],
  ["page contains 12, not Chrome", [
    { dimension: "page", operator: "contains", values: ["12"] },
    { dimension: "browser", operator: "is_not", values: ["Chrome"] },
  ]],
];

const STEPS: FunnelStep[] = [{ page: "/" }, { page: "/pricing" }, { event: "form_submit" }];

const PAGES: Question = {
  name: "breakdown/page",
  ask: (db, query) => breakdown(db, query, "page"),
  raw: rawPages(),
};
const TIMESERIES: Question = {
  name: "timeseries",
  ask: (db, query) => timeseries(db, query, usualInterval(query.range)),
  raw: rawTimeseries,
};

/** What is asked with a filter and without, beside the panels. */
const ASKED: Question[] = [
  {
    name: "breakdown/source, with visitors",
    ask: (db, query) => breakdown(db, query, "source", { visitors: true }),
    raw: rawBreakdown(SOURCE, { visitors: true }),
  },
  {
    name: "breakdown/page, a hundred with visitors",
    ask: (db, query) => breakdown(db, query, "page", { visitors: true, limit: 100 }),
    raw: rawPages({ limit: 100, visitors: true }),
  },
  ...FUNNEL_UNITS.map((unit): Question => ({
    name: `funnel by ${unit}`,
    ask: (db, query) => funnel(db, query, STEPS, unit),
    raw: rawFunnel(STEPS, unit),
  })),
  { name: "journeys", ask: (db, query) => journeys(db, query, "/pricing"), raw: rawJourneys("/pricing") },
  { name: "retention", ask: retention, raw: rawRetention },
  { name: "goals", ask: goals, raw: rawGoals },
  { name: "forms", ask: (db, query) => forms(db, query), raw: rawForms },
  { name: "scroll", ask: (db, query) => scroll(db, query), raw: rawScroll },
  {
    name: "events/click",
    ask: (db, query) => eventProperties(db, query, "click"),
    raw: rawProperties("click"),
  },
];

const OVERVIEW: Question = { name: "overview", ask: compared(overview), raw: compared(rawOverview) };

export const QUESTIONS: Question[] = [
  OVERVIEW,
  TIMESERIES,
  ...PANELS.map(([dimension, raw]): Question => ({
    name: `breakdown/${dimension}`,
    ask: (db, query) => breakdown(db, query, dimension),
    raw,
  })),
  { name: "realtime", ask: (db, query) => realtime(db, query.site, new Date()) },
  ...ASKED,
  ...FILTERS.map((filter) => filtered({ name: "overview", ask: overview, raw: rawOverview }, filter)),
  ...[TIMESERIES, PAGES, ...ASKED].map((question) => filtered(question, FILTERS[0]!)),
];

/** The same question with filters. */
function filtered({ name, ask, raw }: Question, [title, filters]: [string, Filter[]]): Question {
  return {
    name: `${name}, ${title}`,
    ask: (db, query) => ask(db, { ...query, filters }),
    ...(raw && { raw: (db: Queryable, query: StatsQuery) => raw(db, { ...query, filters }) }),
  };
}

/** The same of the range, and of the one before it. */
function compared<T extends Queryable>(ask: (db: T, query: StatsQuery) => Promise<unknown>) {
  return (db: T, query: StatsQuery): Promise<unknown> =>
    Promise.all(
      [query.range, comparedDays(query.range, "previous")!].map((range) => ask(db, { ...query, range })),
    );
}

/** Everything that the dashboard's first page asks, at the same time. */
export async function askWholePage(db: Database, query: StatsQuery): Promise<void> {
  await Promise.all([
    OVERVIEW.ask(db, query),
    timeseries(db, query, usualInterval(query.range)),
    timeseries(db, { ...query, range: comparedDays(query.range, "previous")! }, usualInterval(query.range)),
    ...PANELS.map(([dimension]) => breakdown(db, query, dimension)),
  ]);
}
