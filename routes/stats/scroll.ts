import { createRoute, z } from "@hono/zod-openapi";
import type { Database } from "../../db/database.ts";
import { scroll } from "../../db/stats/scroll.ts";
import { answerCsv, wantsCsv } from "./csv.ts";
import { FILTERS, RANGE, wholeNumber } from "./parameters.ts";
import { asked, readQuestion } from "./question.ts";
import { listAnswers, newResource, type Resource, TOKEN } from "./resource.ts";
import { ASKED, Count, Share, SiteParameter } from "./schemas.ts";

export const Scroll = z.object({
  ...ASKED,
  pages: z.array(z.object({
    value: z.string().openapi({ description: "The page." }),
    pageviews: Count,
    reached: z.object({ "25": Share, "50": Share, "75": Share, "100": Share }).openapi({
      description: "The share of its pageviews that got to 25, 50, 75 and 100 % of it.",
    }),
  })).openapi({ description: "The pages with the most views." }),
}).openapi("Scroll");

const route = createRoute({
  method: "get",
  path: "/sites/{site}/scroll",
  summary: "How far down each page its views got",
  security: TOKEN,
  request: {
    params: SiteParameter,
    query: z.strictObject({ ...RANGE, ...FILTERS, limit: wholeNumber("limit", 1, 1000, 100) }),
  },
  responses: listAnswers(Scroll),
});

export function scrollRoutes(db: Database): Resource {
  return newResource().openapi(route, async (c) => {
    const { site } = c.req.valid("param");
    const { limit, ...parameters } = c.req.valid("query");
    const query = await readQuestion(db, site, parameters);
    const pages = await scroll(db, query, limit);
    if (wantsCsv(c)) {
      const rows = pages.map(({ reached, ...row }) => ({ ...row, ...reached }));
      return answerCsv(c, query, "scroll", {
        columns: ["value", "pageviews", "25", "50", "75", "100"],
        rows,
      });
    }
    const answer: z.input<typeof Scroll> = { ...asked(query), pages };
    return c.json(answer, 200);
  });
}
