import { createRoute, z } from "@hono/zod-openapi";
import type { Database } from "../../db/database.ts";
import { definitionChanges } from "../../db/stats/definition_changes.ts";
import { dayCount, MAX_DAYS_BY_HOUR, usualInterval } from "../../db/stats/period.ts";
import { besideEach, comparedStretch, timeseriesOf } from "../../db/stats/stretch.ts";
import { type Bucket as BucketFigures, INTERVALS, timeseries } from "../../db/stats/timeseries.ts";
import { answerCsv, FORMAT, wantsCsv } from "./csv.ts";
import { BadParameters, COMPARE, FILTERS, oneOf, RANGE } from "./parameters.ts";
import { asked, readQuestion } from "./question.ts";
import { listAnswers, newResource, type Resource, TOKEN } from "./resource.ts";
import { ASKED, Bucket, ComparedRange, SiteParameter, writeStretch } from "./schemas.ts";

export const Timeseries = z.object({
  ...ASKED,
  interval: z.enum(INTERVALS),
  buckets: z.array(Bucket).openapi({ description: "The earliest first, empty ones included." }),
  previous: z.object({ range: ComparedRange, buckets: z.array(Bucket.nullable()) }).nullable().openapi({
    description:
      "For each of `buckets`, in the same order, the earlier one at the same place of the calendar; null where there " +
      "is none. By the week the range is whole weeks earlier, by the month whole months. Of the day, week or month " +
      "in which `until` lies, what came before that; hours are whole.",
  }),
  definitionChanges: z.array(z.object({
    day: z.iso.date(),
    change: z.enum(["bots"]).openapi({ description: "`bots`: from this day on they are left out." }),
  })).openapi({ description: "Days of the range from which on figures mean something else than before." }),
}).openapi("Timeseries");

const route = createRoute({
  method: "get",
  path: "/sites/{site}/timeseries",
  summary: "The figures of each hour, day, week or month of the range",
  security: TOKEN,
  request: {
    params: SiteParameter,
    query: z.strictObject({
      ...RANGE,
      ...FILTERS,
      ...FORMAT,
      interval: oneOf("interval", INTERVALS).optional().openapi({
        description:
          `Where it is not given, one that fits the range. Hours: at most ${MAX_DAYS_BY_HOUR} days. ` +
          "Weeks begin on Monday.",
      }),
      compare: COMPARE.default("none"),
    }),
  },
  responses: listAnswers(Timeseries),
});

const COLUMNS = [
  "start",
  "label",
  "visitors",
  "sessions",
  "pageviews",
  "events",
  "bounceRate",
  "sessionSeconds",
  "pagesPerSession",
  "engagedSeconds",
  "partial",
];

export function timeseriesRoutes(db: Database): Resource {
  return newResource().openapi(route, async (c) => {
    const { site } = c.req.valid("param");
    const { compare, interval: wanted, ...parameters } = c.req.valid("query");
    const query = await readQuestion(db, site, parameters);
    const interval = wanted ?? usualInterval(query.range);
    if (interval === "hour" && dayCount(query.range) > MAX_DAYS_BY_HOUR) {
      throw new BadParameters([{
        path: "interval",
        message: `interval may be hour for at most ${MAX_DAYS_BY_HOUR} days: take day, or a shorter range`,
      }]);
    }
    const now = new Date();
    if (wantsCsv(c)) {
      const [buckets, changes] = await Promise.all([
        timeseries(db, query, interval, now),
        definitionChanges(db, query, query.range),
      ]);
      const rows = buckets.map((bucket) => ({ ...bucket, start: bucket.start.toISOString() }));
      const changed = changes.map(({ day, change }) => `${day} ${change}`).join(", ");
      const headers: Record<string, string> = changes.length > 0 ? { "x-definition-changes": changed } : {};
      return answerCsv(c, query, "timeseries", { columns: COLUMNS, rows }, headers);
    }
    const stretch = comparedStretch(query, compare, now, { period: parameters.period, interval });
    const [buckets, previous, changes] = await Promise.all([
      timeseries(db, query, interval, now),
      stretch && timeseriesOf(db, query, stretch, interval, now),
      definitionChanges(db, query, query.range),
    ]);
    const answer: z.input<typeof Timeseries> = {
      ...asked(query, stretch),
      interval,
      buckets: buckets.map(writeBucket),
      previous: stretch && previous && {
        range: { ...writeStretch(stretch, query.timezone), to: stretch.days.to },
        buckets: besideEach(buckets, previous, stretch).map((bucket) => bucket && writeBucket(bucket)),
      },
      definitionChanges: changes,
    };
    return c.json(answer, 200);
  });
}

const writeBucket = ({ start, label, partial, ...figures }: BucketFigures) => ({
  start: start.toISOString(),
  label,
  ...(partial && { partial }),
  ...figures,
});
