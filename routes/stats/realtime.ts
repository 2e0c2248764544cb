import { createRoute, z } from "@hono/zod-openapi";
import type { Database } from "../../db/database.ts";
import { realtime } from "../../db/stats/realtime.ts";
import { requireSite } from "./question.ts";
import { answers, newResource, type Resource, TOKEN } from "./resource.ts";
import { Count, SiteParameter } from "./schemas.ts";

const Visitors = z.array(z.object({ value: z.string(), visitors: Count }));

export const Realtime = z.object({
  site: z.string(),
  visitors: Count.openapi({ description: "Who did anything in the last 5 minutes." }),
  minutes: z.array(z.object({ minute: z.iso.datetime(), visitors: Count, pageviews: Count })).openapi({
    description: "The last 30 minutes on the clock; the one at the end is not over yet.",
  }),
  pages: Visitors.openapi({ description: "Of these 30 minutes, the ten with the most visitors each." }),
  sources: Visitors,
  countries: Visitors,
}).openapi("Realtime");

const route = createRoute({
  method: "get",
  path: "/sites/{site}/realtime",
  summary: "The last half hour, up to what was collected a moment ago",
  security: TOKEN,
  request: { params: SiteParameter, query: z.strictObject({}) },
  responses: answers(Realtime),
});

export function realtimeRoutes(db: Database): Resource {
  return newResource().openapi(route, async (c) => {
    const { site } = c.req.valid("param");
    await requireSite(db, site);
    return c.json({ site, ...await realtime(db, site, new Date()) }, 200);
  });
}
