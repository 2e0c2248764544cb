import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Database } from "../db/database.ts";
import type { AgentRow } from "../db/event_row.ts";
import { saveSite } from "../db/site_directory.ts";
import { breakdown } from "../db/stats/breakdown.ts";
import { funnel, FUNNEL_UNITS, type FunnelStep } from "../db/stats/funnel.ts";
import { journeys } from "../db/stats/journeys.ts";
import { overview } from "../db/stats/overview.ts";
import { medians } from "../db/stats/medians.ts";
import { DIMENSIONS, type Filter, OPERATORS, type StatsQuery } from "../db/stats/query.ts";
import { retention } from "../db/stats/retention.ts";
import { INTERVALS, timeseries } from "../db/stats/timeseries.ts";
import { eventRow } from "./event_row.ts";
import { type Facts, readFacts } from "./stats_facts.ts";
import {
  comparedRanges,
  referenceBreakdown,
  referenceFunnel,
  referenceJourneys,
  referenceMedians,
  referenceOverview,
  referenceRetention,
  referenceTimeseries,
} from "./stats_reference.ts";
import { engines, oddEngines } from "./test_database.ts";

// The embedded database is an order of magnitude slower.
const RUNS = { embedded: 2, server: 8, variant: 3 };

// Days around which clocks change: in Berlin one of 25 hours and one of 23, in Chile one that has no midnight.
const MIDDAYS = ["2026-10-25T12:00:00Z", "2026-03-29T12:00:00Z", "2026-09-06T12:00:00Z"];
const ZONES = ["Europe/Berlin", "Asia/Kolkata", "America/Santiago", "UTC"];
const SITES = ["near", "far"] as const;

const HOUR = 3600;
const path = fc.constantFrom("/", "/a", "/A/b", "/c%25_");
const name = fc.constantFrom("click", "signup", "page_exit");

/** A pageview or an event, `after` seconds after its visit began. */
const happening = fc.record({
  after: fc.oneof(
    fc.integer({ min: 0, max: 5 }),
    fc.integer({ min: 0, max: 2 * HOUR }),
    fc.integer({ min: 0, max: 60 * HOUR }),
  ),
  page: fc.option(path),
  event: name,
  source: fc.constantFrom(null, "x", "X", " Twitter", "m.facebook.com", "FRÜHLING"),
  country: fc.constantFrom("DE", "IN", null),
  agent: fc.constantFrom("firefox", "safari", null),
  referrer: fc.constantFrom(null, "https://www.news.test/story"),
  /** Of a page_exit, in seconds. */
  engaged: fc.option(fc.integer({ min: 0, max: 3 * HOUR })),
});
const visit = fc.record({
  site: fc.constantFrom(...SITES),
  session: fc.integer({ min: 1, max: 8 }),
  visitor: fc.integer({ min: 1, max: 5 }),
  /** Hours from midday of the day when clocks change. */
  hours: fc.oneof(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -30 * 24, max: 30 * 24 })),
  happenings: fc.array(happening, { minLength: 1, maxLength: 6 }),
  /** In which batch of the ETL they arrive. */
  batch: fc.integer({ min: 0, max: 2 }),
});
const filter: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    dimension: fc.constantFrom("page" as const, "entry" as const, "exit" as const),
    operator: fc.constantFrom(...OPERATORS),
    values: fc.array(fc.constantFrom("/", "/a", "%", "/A/b"), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    dimension: fc.constantFrom(
      "event" as const,
      "utm_source" as const,
      "source" as const,
      "country" as const,
      "os" as const,
    ),
    operator: fc.constantFrom(...OPERATORS),
    values: fc.array(fc.constantFrom("click", "x", "TWITTER ", "Frühling", "DE", "Linux"), {
      minLength: 1,
      maxLength: 2,
    }),
  }),
);
const step: fc.Arbitrary<FunnelStep> = fc.oneof(
  path.map((page) => ({ page })),
  name.map((event) => ({ event })),
);
const scenario = fc.record({
  midday: fc.constantFrom(...MIDDAYS),
  zones: fc.tuple(fc.constantFrom(...ZONES), fc.constantFrom(...ZONES)),
  /** The zones before the last batch. */
  formerZones: fc.tuple(fc.constantFrom(...ZONES), fc.constantFrom(...ZONES)),
  /** Whether calculate_daily_metrics runs over the middle days after the second batch. */
  calculates: fc.boolean(),
  visits: fc.array(visit, { minLength: 1, maxLength: 30 }),
  /** Whether no day is ever over, so that only its hours are rolled up, the one with a single session as well. */
  staysOpen: fc.boolean(),
  /** After which of the batches their days are rolled up. */
  rollUps: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
  from: fc.oneof(fc.integer({ min: -2, max: 1 }), fc.integer({ min: -40, max: 20 })),
  days: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 60 })),
  filters: fc.array(filter, { minLength: 1, maxLength: 2 }),
  steps: fc.array(step, { minLength: 2, maxLength: 4 }),
  page: path,
  limit: fc.integer({ min: 1, max: 20 }),
  offset: fc.integer({ min: 0, max: 2 }),
  search: fc.constantFrom("", "a", "%", "X", "Ü"),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

const click = {
  after: 0,
  page: null,
  event: "click",
  source: null,
  country: "DE",
  agent: "firefox",
  referrer: null,
  engaged: null,
} as const;
/** A view in the 25th hour of the day after the session's. */
const LONG_DAY: Scenario = {
  midday: MIDDAYS[0]!,
  zones: ["Europe/Berlin", "Europe/Berlin"],
  formerZones: ["Europe/Berlin", "Europe/Berlin"],
  calculates: false,
  visits: [
    {
      site: "near",
      session: 1,
      visitor: 1,
      hours: -28,
      happenings: [click, { ...click, after: 38 * HOUR, page: "/" }],
      batch: 0,
    },
    { site: "near", session: 1, visitor: 1, hours: 0, happenings: [click], batch: 0 },
  ],
  staysOpen: false,
  rollUps: [true, true, true],
  from: -1,
  days: 1,
  filters: [{ dimension: "page", operator: "is", values: ["/"] }],
  steps: [{ event: "click" }, { page: "/" }],
  page: "/",
  limit: 10,
  offset: 0,
  search: "",
};

const AGENTS: AgentRow[] = [
  {
    user_agent: "firefox",
    browser: "Firefox",
    browser_version: null,
    os: "Linux",
    os_version: null,
    device_type: "desktop",
    is_bot: false,
  },
  {
    user_agent: "safari",
    browser: "Safari",
    browser_version: null,
    os: "iOS",
    os_version: null,
    device_type: "mobile",
    is_bot: false,
  },
];

/** @param settings a script that runs before each call of a procedure */
async function load(
  db: Database,
  { midday, zones, formerZones, calculates, visits, staysOpen, rollUps }: Scenario,
  settings: string,
): Promise<void> {
  const call = (sql: string, params: unknown[] = []) =>
    db.transaction(async (tx) => {
      await tx.exec(settings);
      await tx.query(sql, params);
    });
  await db.exec(
    `create or replace function closing_delay() returns interval language sql immutable as $$
       select interval '${staysOpen ? "100 years" : "3 hours"}'
     $$;
     create or replace function least_hour() returns integer language sql immutable as $$ select 1 $$;
     truncate events_log, user_sessions, pageviews, user_events, form_submissions, daily_site_metrics, stale_days, sites,
       dictionary, session_rows, daily_values, hourly_values, daily_scroll, daily_properties, hourly_site_metrics,
       visitor_days, visitor_returns, visitor_cohorts`,
  );
  const setZones = async (zones: readonly string[]) => {
    for (const [i, siteId] of SITES.entries()) await saveSite(db, { siteId, timezone: zones[i] });
  };
  await setZones(formerZones);
  for (const batch of [0, 1, 2] as const) {
    if (batch === 2) await setZones(zones);
    const rows = visits.filter((visit) => visit.batch === batch).flatMap((visit) =>
      visit.happenings.map(({ after, page, event, source, country, agent, referrer, engaged }) =>
        eventRow(page ?? "/", {
          site_id: visit.site,
          session_id: `s${visit.session}`,
          visitor_id: `v${visit.visitor}`,
          event_type: page === null ? event : "pageview",
          timestamp: new Date(Date.parse(midday) + visit.hours * HOUR * 1000 + after * 1000).toISOString(),
          user_agent: agent,
          raw_event_data: {
            attribution: {
              utmParams: { utm_source: source },
              referrer,
              referrerType: referrer ? "referral" : "direct",
            },
            ...page === null && engaged !== null && { eventData: { engagedTime: engaged * 1000 } },
            browser: { country, language: "de", screenWidth: 800, screenHeight: 600 },
          },
        })
      )
    );
    await db.query("select store_events($1::jsonb, $2::jsonb, $3::uuid[])", [
      JSON.stringify(rows),
      JSON.stringify(AGENTS),
      rows.map(({ event_id }) => event_id),
    ]);
    await call("select process_events(1000)");
    if (rollUps[batch]) await call("select roll_up_stale_days()");
    if (calculates && batch === 1) {
      await call("call calculate_daily_metrics($1::timestamptz::date - 2, $1::timestamptz::date + 2)", [
        midday,
      ]);
    }
  }
}

/** Compares every question's answer with what the facts say. */
async function compare(
  db: Database,
  facts: Facts,
  query: StatsQuery,
  scenario: Scenario,
  isRolledUp: boolean,
): Promise<void> {
  const { steps, page, limit, offset, search } = scenario;
  const same = (question: string, actual: unknown, expected: unknown) =>
    assertEquals({ question, query, answer: actual }, { question, query, answer: expected });

  for (const range of [query.range, ...comparedRanges(query.range)]) {
    same("medians", await medians(db, { ...query, range }), referenceMedians(facts, { ...query, range }));
    same("overview", await overview(db, { ...query, range }), referenceOverview(facts, { ...query, range }));
  }
  const now = new Date(`${query.range.to}T12:34:56Z`); // Amid the range's last day.
  for (const interval of INTERVALS) {
    const expected = referenceTimeseries(facts, query, interval, now);
    same(interval, await timeseries(db, query, interval, now), expected);
  }
  for (const dimension of DIMENSIONS) {
    const options = { limit, offset, search: search === "" ? [] : [search], visitors: true };
    same(
      dimension,
      await breakdown(db, query, dimension, options),
      referenceBreakdown(facts, query, dimension, { ...options, search }),
    );
  }
  same("journeys", await journeys(db, query, page), referenceJourneys(facts, query, page));
  for (const by of FUNNEL_UNITS) {
    same(`funnel by ${by}`, await funnel(db, query, steps, by), referenceFunnel(facts, query, steps, by));
  }
  if (isRolledUp && !scenario.staysOpen) {
    same("retention", await retention(db, query), referenceRetention(facts, query));
  }
}

for (const engine of [...engines(), ...await oddEngines()]) {
  Deno.test(`whatever is asked of whatever arrived in whichever order, the facts say the same (${engine.name})`, async () => {
    await using db = await engine.migrated({ own: true });
    const property = fc.asyncProperty(scenario, async (scenario) => {
      await load(db, scenario, engine.settings);
      const from = Temporal.PlainDate.from(scenario.midday.slice(0, 10)).add({ days: scenario.from });
      const range = { from: from.toString(), to: from.add({ days: scenario.days - 1 }).toString() };
      for (const isRolledUp of [false, true]) {
        if (isRolledUp) await db.query("select roll_up_stale_days()");
        for (const [i, site] of SITES.entries()) {
          const timezone = scenario.zones[i]!;
          const facts = await readFacts(db, site, timezone);
          for (const filters of [[], scenario.filters]) {
            await compare(db, facts, { site, timezone, range, filters }, scenario, isRolledUp);
          }
        }
      }
    });
    await fc.assert(property, {
      numRuns: engine.embedded ? RUNS.embedded : engine.settings ? RUNS.variant : RUNS.server,
      examples: [[LONG_DAY]],
    });
  });
}
