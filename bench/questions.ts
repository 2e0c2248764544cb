import type { Database, Queryable } from "../db/database.ts";
import { breakdown } from "../db/stats/breakdown.ts";
import { eventProperties } from "../db/stats/event_properties.ts";
import { forms } from "../db/stats/forms.ts";
import { funnel, FUNNEL_UNITS, type FunnelStep } from "../db/stats/funnel.ts";
import { goals } from "../db/stats/goals.ts";
import { journeys } from "../db/stats/journeys.ts";
import { overview } from "../db/stats/overview.ts";
import { usualInterval } from "../db/stats/period.ts";
import type { Dimension, Filter, StatsQuery } from "../db/stats/query.ts";
import { realtime } from "../db/stats/realtime.ts";
import { retention } from "../db/stats/retention.ts";
import { revenue } from "../db/stats/revenue.ts";
import { scroll } from "../db/stats/scroll.ts";
import { comparedStretch, overviewOf, timeseriesOf } from "../db/stats/stretch.ts";
import { timeseries } from "../db/stats/timeseries.ts";
import {
  type RawAnswer,
  rawBreakdown,
  rawEvents,
  rawOverview,
  rawPages,
  rawTimeseries,
} from "./raw_answers.ts";
import { rawForms, rawGoals, rawProperties, rawRevenue, rawScroll } from "./raw_facts.ts";
import { rawFunnel, rawJourneys, rawRetention } from "./raw_walks.ts";
import { BUSIEST, LONG_TAIL } from "./two_years.ts";
import { CATEGORIES } from "./visit_sql.ts";

/** One question of the stats API, as its route asks it. */
export interface Question {
  name: string;
  /** The site that it is about. */
  site: string;
  /** Which bound it has: see `bounds.ts`. */
  kind: "first page" | "usual" | "slow";
  /** Whether it is also asked with nothing in memory. */
  isCold?: boolean;
  /** @param now when the data ends */
  ask(db: Database, query: StatsQuery, now: Date): Promise<unknown>;
  /** The same from the facts; missing where it is read from them anyway. */
  raw?: RawAnswer;
}

const question = (
  name: string,
  ask: Question["ask"],
  raw?: RawAnswer,
  more: Partial<Question> = {},
): Question => ({ name, site: BUSIEST, kind: "usual", ask, ...(raw && { raw }), ...more });

/** As etl/procedures/20_session_rows.sql has it. */
const SOURCE = `coalesce(lower(s.utm_source),
  case when s.referrer_type is distinct from 'internal' then coalesce(s.referrer_platform, url_host(s.original_referrer)) end)`;

const STEPS: FunnelStep[] = [{ page: "/" }, { page: "/pricing" }, { event: "purchase" }];
const PANELS: [Dimension, RawAnswer][] = [
  ["channel", rawBreakdown("s.channel")],
  ["page", rawPages()],
  ["country", rawBreakdown("s.country")],
  ["browser", rawBreakdown("a.browser")],
  ["event", rawEvents],
];
/** Rows of a panel on the dashboard. */
const PANEL_ROWS = 9;

const OVERVIEW = question("overview", askOverview, async (db, query) => ({
  current: await rawOverview(db, query),
}), { isCold: true });
const TIMESERIES = question(
  "timeseries",
  (db, query, now) => timeseries(db, query, usualInterval(query.range), now),
  rawTimeseries,
);
const BREAKDOWNS = PANELS.map(([dimension, raw]) =>
  question(`breakdown/${dimension}`, (db, query) => breakdown(db, query, dimension), raw, {
    isCold: dimension === "page",
  })
);
const [CHANNELS, PAGES] = BREAKDOWNS as [Question, Question];
const SOURCES = question(
  "breakdown/source, with visitors",
  (db, query) => breakdown(db, query, "source", { visitors: true }),
  rawBreakdown(SOURCE, { visitors: true }),
  { isCold: true },
);
const HUNDRED_PAGES = question(
  "breakdown/page, a hundred with visitors",
  (db, query) => breakdown(db, query, "page", { visitors: true, limit: 100 }),
  rawPages({ limit: 100, visitors: true }),
  { kind: "slow" },
);
const FUNNELS = FUNNEL_UNITS.map((unit) =>
  question(
    `funnel by ${unit}`,
    (db, query) => funnel(db, query, STEPS, unit),
    rawFunnel(STEPS, unit),
    { kind: unit === "visitor" ? "slow" : "usual", isCold: true },
  )
);
const JOURNEYS = question(
  "journeys",
  (db, query) => journeys(db, query, "/pricing"),
  rawJourneys("/pricing"),
  { isCold: true },
);
const RETENTION = question("retention", retention, rawRetention);
const GOALS = question("goals", goals, rawGoals);
const FORMS = question("forms", (db, query) => forms(db, query), rawForms);
const SCROLL = question("scroll", (db, query) => scroll(db, query), rawScroll);
const REVENUE = question("revenue", revenue, rawRevenue);
const SIGNUPS = question(
  "events/signup",
  (db, query) => eventProperties(db, query, "signup"),
  rawProperties("signup"),
);
const ASKED = [SOURCES, HUNDRED_PAGES, ...FUNNELS, JOURNEYS, RETENTION, GOALS, SCROLL, REVENUE];
const FROM_FACTS = [FORMS, SIGNUPS];

const GERMANY: [string, Filter] = ["country is DE", {
  dimension: "country",
  operator: "is",
  values: ["DE"],
}];
const PRICING: [string, Filter] = ["page is /pricing", {
  dimension: "page",
  operator: "is",
  values: ["/pricing"],
}];
const NOT_CHROME: [string, Filter] = ["browser is not Chrome", {
  dimension: "browser",
  operator: "is_not",
  values: ["Chrome"],
}];
const CATEGORY = `/${CATEGORIES[0]}/`;
const FIVE_THOUSAND: [string, Filter] = [`page contains ${CATEGORY} (5,000 pages)`, {
  dimension: "page",
  operator: "contains",
  values: [CATEGORY],
}];

export const QUESTIONS: Question[] = [
  question("the whole first page", askFirstPage, undefined, { kind: "first page", isCold: true }),
  OVERVIEW,
  TIMESERIES,
  ...BREAKDOWNS,
  question("realtime", (db, { site }, now) => realtime(db, site, now)),
  ...ASKED,
  ...FROM_FACTS,
  ...[OVERVIEW, TIMESERIES, PAGES, ...ASKED].map((asked) => filtered(asked, GERMANY)),
  ...FROM_FACTS.map((asked) => filtered(asked, GERMANY, { kind: "slow", isCold: asked === FORMS })),
  ...[PRICING, NOT_CHROME].flatMap((filter) =>
    [OVERVIEW, TIMESERIES, CHANNELS, PAGES].map((asked) => filtered(asked, filter))
  ),
  ...[PAGES, HUNDRED_PAGES].map((asked) => ofLongTail(asked)),
  ...[OVERVIEW, TIMESERIES, PAGES].map((asked) =>
    ofLongTail(filtered(asked, FIVE_THOUSAND, { kind: "slow" }))
  ),
];

/** The same question with a filter. */
function filtered(
  asked: Question,
  [title, filter]: [string, Filter],
  more: Partial<Question> = {},
): Question {
  const withFilter = (query: StatsQuery) => ({ ...query, filters: [filter] });
  const { ask, raw } = asked;
  return {
    ...asked,
    name: `${asked.name}, ${title}`,
    isCold: false,
    ask: (db, query, now) => ask(db, withFilter(query), now),
    ...(raw && { raw: (db: Queryable, query: StatsQuery) => raw(db, withFilter(query)) }),
    ...more,
  };
}

/** The same question about the site of 50,000 pages. */
function ofLongTail(asked: Question): Question {
  return { ...asked, name: `${asked.name}, of 50,000 pages`, site: LONG_TAIL, isCold: false };
}

/** As `GET /api/v1/sites/{site}/overview`: the range, and the one before it up to the same time of day. */
async function askOverview(db: Database, query: StatsQuery, now: Date): Promise<unknown> {
  const [current, previous] = await Promise.all([
    overview(db, query),
    overviewOf(db, query, comparedStretch(query, "previous", now)!),
  ]);
  return { current, previous };
}

/** Everything that the dashboard's first page asks, at the same time. */
async function askFirstPage(db: Database, query: StatsQuery, now: Date): Promise<void> {
  const interval = usualInterval(query.range);
  await Promise.all([
    askOverview(db, query, now),
    timeseries(db, query, interval, now),
    timeseriesOf(db, query, comparedStretch(query, "previous", now, { interval })!, interval, now),
    goals(db, query),
    ...PANELS.map(([dimension]) => breakdown(db, query, dimension, { limit: PANEL_ROWS })),
  ]);
}
