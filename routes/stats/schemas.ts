import { z } from "@hono/zod-openapi";
import { DIMENSIONS, OPERATORS } from "../../db/stats/query.ts";
import { type Stretch, stretchDays } from "../../db/stats/stretch.ts";
import { shortText } from "./parameters.ts";

// What answers have in common. Counts are whole numbers, shares run from 0 to 1.

export const Count = z.int().min(0);
export const Share = z.number().min(0).max(1);
export const Seconds = z.number().min(0);
const Day = z.iso.date();

export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
}).openapi("Problem", { description: "RFC 9457. `errors` names each parameter and what would be right." });

export const Range = z.object({
  from: Day.openapi({ example: "2026-11-01" }),
  to: Day.openapi({ description: "Included.", example: "2026-11-22" }),
  timezone: z.string().openapi({ description: "The site's.", example: "Europe/Berlin" }),
}).openapi("Range");

export const ComparedRange = Range.extend({
  until: z.iso.datetime().nullable().openapi({
    description:
      "Where the range asked for is not over: the moment on the last day that is as late as it is now. " +
      "Null where it is over: then whole days are compared.",
  }),
}).openapi("ComparedRange");

/** A stretch as answers tell it. */
export function writeStretch(stretch: Stretch, timezone: string): z.input<typeof ComparedRange> {
  return { ...stretchDays(stretch), timezone, until: stretch.until?.at.toISOString() ?? null };
}

export const Filter = z.object({
  dimension: z.enum(DIMENSIONS),
  operator: z.enum(OPERATORS),
  values: z.array(z.string()),
}).openapi("Filter");

/** What every answer about a site begins with: what was asked. */
export const ASKED = {
  site: z.string(),
  range: Range,
  filters: z.array(Filter),
  incompleteBefore: z.iso.datetime().optional().openapi({
    description:
      "Sessions that started before this moment are still being read in after an upgrade; figures of earlier days are too low. " +
      "Absent where nothing is missing in the range and what it is compared with.",
  }),
};

export const TOTALS = {
  visitors: Count,
  sessions: Count,
  pageviews: Count,
  events: Count.openapi({ description: "All that is no pageview." }),
  bounceRate: Share.nullable().openapi({
    description:
      "Of the sessions with a pageview, the share of those with no second one and no event but automatic ones.",
  }),
  sessionSeconds: Seconds.nullable().openapi({
    description: "Mean duration of a session. Gaps of more than 30 minutes without an event are left out.",
  }),
  engagedSeconds: Seconds.nullable().openapi({
    description:
      "Mean time for which a session's pages were visible and in use, of the sessions whose tracker measures it; null where none does.",
  }),
  pagesPerSession: z.number().min(0).nullable(),
};
export const Totals = z.object(TOTALS).openapi("Totals");

export const Bucket = z.object({
  start: z.iso.datetime(),
  label: z.string().openapi({ description: "The same on the site's clock.", example: "2026-11-22T14:00" }),
  partial: z.literal(true).optional().openapi({
    description: "Where the range begins or ends within it, or it is not over yet.",
  }),
  ...TOTALS,
}).openapi("Bucket");

export const SiteParameter = z.object({
  site: shortText("site", 100).openapi({ description: "The site's id.", example: "demo-shop" }),
});
