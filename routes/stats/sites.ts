import { createRoute, z } from "@hono/zod-openapi";
import type { Database } from "../../db/database.ts";
import { knownSites } from "../../db/stats/sites.ts";
import { mayRead } from "../readers.ts";
import { answers, newResource, type Resource, TOKEN } from "./resource.ts";

export const Sites = z.object({
  sites: z.array(z.object({
    site: z.string(),
    domains: z.array(z.string()),
    timezone: z.string(),
    registered: z.boolean().openapi({ description: "Whether it was added, rather than just seen." }),
  })),
}).openapi("Sites");

const route = createRoute({
  method: "get",
  path: "/sites",
  summary: "The sites that you may see: those that were added, and those that have sessions",
  security: TOKEN,
  request: { query: z.strictObject({}) },
  responses: answers(Sites),
});

export function sitesRoutes(db: Database): Resource {
  return newResource().openapi(route, async (c) => {
    const sites = await knownSites(db);
    return c.json({ sites: sites.filter(({ site }) => mayRead(c.get("reader"), site)) }, 200);
  });
}
