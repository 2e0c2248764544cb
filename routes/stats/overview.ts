import { createRoute, z } from "@hono/zod-openapi";
import type { Database } from "../../db/database.ts";
import { leftOutBots } from "../../db/stats/bots.ts";
import { overview } from "../../db/stats/overview.ts";
import { medians } from "../../db/stats/medians.ts";
import { comparedStretch, overviewOf } from "../../db/stats/stretch.ts";
import { changeOf } from "../../db/stats/totals.ts";
import { COMPARE, FILTERS, RANGE } from "./parameters.ts";
import { asked, readQuestion } from "./question.ts";
import { answers, newResource, type Resource, TOKEN } from "./resource.ts";
import {
  ASKED,
  ComparedRange,
  Count,
  Seconds,
  SiteParameter,
  TOTALS,
  Totals,
  writeStretch,
} from "./schemas.ts";

const Rate = z.number().nullable();
const BOT_COUNTS = { pageviews: Count, events: Count.openapi({ description: "All that is no pageview." }) };

export const Overview = z.object({
  ...ASKED,
  current: Totals,
  previous: z.object({ ...TOTALS, range: ComparedRange }).nullable(),
  change: z.object({
    visitors: Rate,
    sessions: Rate,
    pageviews: Rate,
    events: Rate,
    bounceRate: Rate,
    sessionSeconds: Rate,
    engagedSeconds: Rate,
    pagesPerSession: Rate,
  }).nullable().openapi({
    description: "In shares of what it was: 0.12 is 12 % more; null where it was none.",
  }),
  medians: z.object({
    sessionSeconds: Seconds.nullable(),
    engagedSeconds: Seconds.nullable(),
  }).openapi({
    description: "Of the range: half of the sessions are shorter. One long session does not move them.",
  }),
  bots: z.object({
    ...BOT_COUNTS,
    named: z.array(z.object({ bot: z.string().openapi({ example: "Googlebot" }), ...BOT_COUNTS })),
  }).openapi({
    description:
      "What bots sent on the days of the range, whatever the filters: no figure counts it. The ten busiest by name.",
  }),
}).openapi("Overview");

const route = createRoute({
  method: "get",
  path: "/sites/{site}/overview",
  summary: "The figures of the range, beside those of the one before",
  security: TOKEN,
  request: {
    params: SiteParameter,
    query: z.strictObject({ ...RANGE, ...FILTERS, compare: COMPARE.default("previous") }),
  },
  responses: answers(Overview),
});

export function overviewRoutes(db: Database): Resource {
  return newResource().openapi(route, async (c) => {
    const { site } = c.req.valid("param");
    const { compare, ...parameters } = c.req.valid("query");
    const query = await readQuestion(db, site, parameters);
    const stretch = comparedStretch(query, compare, new Date(), parameters);
    const [current, previous, found, bots] = await Promise.all([
      overview(db, query),
      stretch && overviewOf(db, query, stretch),
      medians(db, query),
      leftOutBots(db, query),
    ]);
    return c.json({
      ...asked(query, stretch),
      current,
      previous: stretch && previous && { ...previous, range: writeStretch(stretch, query.timezone) },
      change: previous && changeOf(current, previous),
      medians: found,
      bots,
    }, 200);
  });
}
