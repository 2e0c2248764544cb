import { createRoute, z } from "@hono/zod-openapi";
import type { Database } from "../../db/database.ts";
import { retention } from "../../db/stats/retention.ts";
import { answerCsv, FORMAT, wantsCsv } from "./csv.ts";
import { FILTERS, RANGE } from "./parameters.ts";
import { asked, readQuestion } from "./question.ts";
import { listAnswers, newResource, type Resource, TOKEN } from "./resource.ts";
import { ASKED, Count, SiteParameter } from "./schemas.ts";

export const Retention = z.object({
  ...ASKED,
  cohorts: z.array(z.object({
    week: z.iso.date().openapi({ description: "Its Monday." }),
    visitors: Count.openapi({ description: "Whose first visit ever lies in the week, and in the range." }),
    returned: z.array(Count).openapi({
      description: "How many of them came in that week, in the next one, …, up to that of the range's end.",
    }),
  })),
}).openapi("Retention");

const route = createRoute({
  method: "get",
  path: "/sites/{site}/retention",
  summary: "Who comes again: cohorts by the week of the first visit",
  security: TOKEN,
  request: { params: SiteParameter, query: z.strictObject({ ...RANGE, ...FILTERS, ...FORMAT }) },
  responses: listAnswers(Retention),
});

export function retentionRoutes(db: Database): Resource {
  return newResource().openapi(route, async (c) => {
    const { site } = c.req.valid("param");
    const query = await readQuestion(db, site, c.req.valid("query"));
    const cohorts = await retention(db, query);
    if (wantsCsv(c)) {
      const rows = cohorts.flatMap(({ week, visitors, returned }) =>
        returned.map((count, after) => ({ week, visitors, after, returned: count }))
      );
      return answerCsv(c, query, "retention", { columns: ["week", "visitors", "after", "returned"], rows });
    }
    const answer: z.input<typeof Retention> = { ...asked(query), cohorts };
    return c.json(answer, 200);
  });
}
