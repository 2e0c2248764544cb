import { assertEquals } from "@std/assert";
import type { z } from "zod";
import { Breakdown } from "../routes/stats/breakdown.ts";
import { Funnel } from "../routes/stats/funnel.ts";
import { Journeys } from "../routes/stats/journeys.ts";
import { Overview } from "../routes/stats/overview.ts";
import { Retention } from "../routes/stats/retention.ts";
import { Sites } from "../routes/stats/sites.ts";
import { Timeseries } from "../routes/stats/timeseries.ts";
import { testApp } from "./fixtures.ts";
import { ask, ASKED, DAYS, NOTHING, visitShop } from "./stats_shop.ts";
import { engines } from "./test_database.ts";

interface Case {
  path: string;
  /** The answer's schema in the OpenAPI document. */
  schema: z.ZodType;
  answer: object;
}

const FIRST_DAY = {
  visitors: 2,
  sessions: 2,
  pageviews: 3,
  events: 6,
  bounceRate: 0.5,
  sessionSeconds: 25,
  engagedSeconds: null,
  pagesPerSession: 1.5,
};
const SECOND_DAY = {
  visitors: 1,
  sessions: 1,
  pageviews: 2,
  events: 0,
  bounceRate: 0,
  sessionSeconds: 20,
  engagedSeconds: null,
  pagesPerSession: 2,
};

const NO_BOTS = { pageviews: 0, events: 0, named: [] };

const CASES: Case[] = [
  {
    path: "/sites",
    schema: Sites,
    answer: { sites: [{ site: "shop", domains: [], timezone: "Europe/Berlin", registered: true }] },
  },
  {
    path: `/sites/shop/overview?${DAYS}`,
    schema: Overview,
    answer: {
      ...ASKED,
      current: {
        visitors: 2,
        sessions: 3,
        pageviews: 5,
        events: 6,
        bounceRate: 1 / 3,
        sessionSeconds: 70 / 3,
        engagedSeconds: null,
        pagesPerSession: 5 / 3,
      },
      previous: {
        ...NOTHING,
        range: { from: "2026-03-08", to: "2026-03-09", timezone: "Europe/Berlin", until: null },
      },
      change: {
        visitors: null,
        sessions: null,
        pageviews: null,
        events: null,
        bounceRate: null,
        sessionSeconds: null,
        engagedSeconds: null,
        pagesPerSession: null,
      },
      medians: { sessionSeconds: 20, engagedSeconds: null },
      bots: NO_BOTS,
    },
  },
  {
    path: "/sites/shop/overview?from=2026-03-11&to=2026-03-11&compare=previous",
    schema: Overview,
    answer: {
      ...ASKED,
      range: { from: "2026-03-11", to: "2026-03-11", timezone: "Europe/Berlin" },
      current: SECOND_DAY,
      previous: {
        ...FIRST_DAY,
        range: { from: "2026-03-10", to: "2026-03-10", timezone: "Europe/Berlin", until: null },
      },
      change: {
        visitors: -0.5,
        sessions: -0.5,
        pageviews: -1 / 3,
        events: -1,
        bounceRate: -1,
        sessionSeconds: -0.2,
        engagedSeconds: null,
        pagesPerSession: 1 / 3,
      },
      medians: { sessionSeconds: 20, engagedSeconds: null },
      bots: NO_BOTS,
    },
  },
  {
    path: `/sites/shop/overview?${DAYS}&compare=none&filter=page:is:/pricing&filter=event:is_not:signup`,
    schema: Overview,
    answer: {
      ...ASKED,
      filters: [
        { dimension: "page", operator: "is", values: ["/pricing"] },
        { dimension: "event", operator: "is_not", values: ["signup"] },
      ],
      current: SECOND_DAY,
      previous: null,
      change: null,
      medians: { sessionSeconds: 20, engagedSeconds: null },
      bots: NO_BOTS,
    },
  },
  {
    path: `/sites/shop/timeseries?${DAYS}&interval=day&compare=previous`,
    schema: Timeseries,
    answer: {
      ...ASKED,
      interval: "day",
      buckets: [
        { start: "2026-03-09T23:00:00.000Z", label: "2026-03-10", ...FIRST_DAY },
        { start: "2026-03-10T23:00:00.000Z", label: "2026-03-11", ...SECOND_DAY },
      ],
      previous: {
        range: { from: "2026-03-08", to: "2026-03-09", timezone: "Europe/Berlin", until: null },
        buckets: [
          { start: "2026-03-07T23:00:00.000Z", label: "2026-03-08", ...NOTHING },
          { start: "2026-03-08T23:00:00.000Z", label: "2026-03-09", ...NOTHING },
        ],
      },
      definitionChanges: [],
    },
  },
  {
    path: `/sites/shop/breakdown/page?${DAYS}&limit=1&page=2&visitors=true`,
    schema: Breakdown,
    answer: {
      ...ASKED,
      dimension: "page",
      total: { sessions: 3, pageviews: 5, events: 6 },
      rows: [{
        value: "/pricing",
        sessions: 2,
        pageviews: 2,
        events: 0,
        bounceRate: null,
        seconds: 20,
        engagedSeconds: null,
        visitors: 1,
      }],
      others: null,
      count: 2,
      page: 2,
      limit: 1,
    },
  },
  {
    path: `/sites/shop/breakdown/utm_source?${DAYS}&search=1`,
    schema: Breakdown,
    answer: {
      ...ASKED,
      dimension: "utm_source",
      total: { sessions: 3, pageviews: 5, events: 6 },
      rows: [
        {
          value: "=1+1",
          sessions: 1,
          pageviews: 2,
          events: 6,
          bounceRate: 0,
          seconds: 50,
          engagedSeconds: null,
        },
      ],
      others: null,
      count: 1,
      page: 1,
      limit: 10,
    },
  },
  {
    path: `/sites/shop/journeys?${DAYS}&page=/`,
    schema: Journeys,
    answer: {
      ...ASKED,
      page: "/",
      sessions: 3,
      views: 3,
      previous: [{ value: null, count: 2, share: 2 / 3 }, { value: "/pricing", count: 1, share: 1 / 3 }],
      next: [{ value: null, count: 2, share: 2 / 3 }, { value: "/pricing", count: 1, share: 1 / 3 }],
    },
  },
  {
    path: `/sites/shop/funnel?${DAYS}&step=page:/&step=page:/pricing&step=event:signup`,
    schema: Funnel,
    answer: {
      ...ASKED,
      by: "session",
      steps: [
        { step: "page:/", count: 3, rateOfFirst: 1, rateOfPrevious: null, dropOff: 0, medianSeconds: null },
        {
          step: "page:/pricing",
          count: 1,
          rateOfFirst: 1 / 3,
          rateOfPrevious: 1 / 3,
          dropOff: 2,
          medianSeconds: 30,
        },
        {
          step: "event:signup",
          count: 1,
          rateOfFirst: 1 / 3,
          rateOfPrevious: 1,
          dropOff: 0,
          medianSeconds: 20,
        },
      ],
    },
  },
  {
    path: `/sites/shop/funnel?${DAYS}&step=event:signup&step=page:/&by=visitor`,
    schema: Funnel,
    answer: {
      ...ASKED,
      by: "visitor",
      steps: [
        {
          step: "event:signup",
          count: 1,
          rateOfFirst: 1,
          rateOfPrevious: null,
          dropOff: 0,
          medianSeconds: null,
        },
        { step: "page:/", count: 1, rateOfFirst: 1, rateOfPrevious: 1, dropOff: 0, medianSeconds: 86_370 },
      ],
    },
  },
  {
    path: "/sites/shop/retention?from=2026-03-03&to=2026-03-16",
    schema: Retention,
    answer: {
      ...ASKED,
      range: { from: "2026-03-03", to: "2026-03-16", timezone: "Europe/Berlin" },
      cohorts: [
        { week: "2026-03-02", visitors: 0, returned: [0, 0, 0] },
        { week: "2026-03-09", visitors: 2, returned: [2, 0] },
        { week: "2026-03-16", visitors: 0, returned: [0] },
      ],
    },
  },
];

for (const engine of engines()) {
  Deno.test(`each question is answered as its schema says (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    await visitShop(app);
    for (const { path, schema, answer } of CASES) {
      const response = await ask(app, path);
      const body = await response.json();
      assertEquals({ path, status: response.status, body }, { path, status: 200, body: answer });
      assertEquals(schema.parse(body), body);
    }
  });
}
