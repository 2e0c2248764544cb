import { createRoute, z } from "@hono/zod-openapi";
import type { Database } from "../../db/database.ts";
import { journeys } from "../../db/stats/journeys.ts";
import { answerCsv, FORMAT, wantsCsv } from "./csv.ts";
import { FILTERS, RANGE, shortText } from "./parameters.ts";
import { asked, readQuestion } from "./question.ts";
import { listAnswers, newResource, type Resource, TOKEN } from "./resource.ts";
import { ASKED, Count, Share, SiteParameter } from "./schemas.ts";

const Steps = z.array(z.object({ value: z.string().nullable(), count: Count, share: Share }));

export const Journeys = z.object({
  ...ASKED,
  page: z.string(),
  sessions: Count.openapi({ description: "That were on the page." }),
  views: Count.openapi({ description: "How often they were; repeated views in a row are one." }),
  previous: Steps.openapi({ description: "The ten most frequent; null: the session began with the page." }),
  next: Steps.openapi({ description: "The ten most frequent; null: the session ended with the page." }),
}).openapi("Journeys");

const route = createRoute({
  method: "get",
  path: "/sites/{site}/journeys",
  summary: "The pages before and after a page",
  security: TOKEN,
  request: {
    params: SiteParameter,
    query: z.strictObject({
      ...RANGE,
      ...FILTERS,
      ...FORMAT,
      page: shortText("page", 2048).openapi({ description: "The page's path.", example: "/products" }),
    }),
  },
  responses: listAnswers(Journeys),
});

export function journeysRoutes(db: Database): Resource {
  return newResource().openapi(route, async (c) => {
    const { site } = c.req.valid("param");
    const { page, ...parameters } = c.req.valid("query");
    const query = await readQuestion(db, site, parameters);
    const isCsv = wantsCsv(c);
    const found = await journeys(db, query, page, isCsv ? null : undefined);
    if (isCsv) {
      const rows = (["previous", "next"] as const).flatMap((step) =>
        found[step].map((row) => ({ step, ...row }))
      );
      return answerCsv(c, query, "journeys", { columns: ["step", "value", "count", "share"], rows });
    }
    const answer: z.input<typeof Journeys> = { ...asked(query), ...found };
    return c.json(answer, 200);
  });
}
