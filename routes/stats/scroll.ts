import { createRoute, z } from "@hono/zod-openapi";
import type { Database } from "../../db/database.ts";
import { scroll, scrollOfAll, scrollOfRest, type ScrollRow } from "../../db/stats/scroll.ts";
import { answerCsv, FORMAT, OTHERS, streamCsv, wantsCsv } from "./csv.ts";
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
    query: z.strictObject({
      ...RANGE,
      ...FILTERS,
      ...FORMAT,
      limit: wholeNumber("limit", 1, 1000, 100).openapi({
        description:
          "CSV without `limit` has every page; with it, its last row `(others)` sums up the other pages.",
      }),
    }),
  },
  responses: listAnswers(Scroll),
});

const COLUMNS = ["value", "pageviews", "25", "50", "75", "100"];
const writeRow = ({ reached, ...row }: ScrollRow) => ({ ...row, ...reached });

export function scrollRoutes(db: Database): Resource {
  return newResource().openapi(route, async (c) => {
    const { site } = c.req.valid("param");
    const { limit, ...parameters } = c.req.valid("query");
    const query = await readQuestion(db, site, parameters);
    if (wantsCsv(c)) {
      if (c.req.query("limit") === undefined) {
        const read = (take: (rows: ReturnType<typeof writeRow>[]) => boolean) =>
          scrollOfAll(db, query, (rows) => take(rows.map(writeRow)));
        return await streamCsv(c, query, "scroll", { columns: COLUMNS, read });
      }
      const [pages, rest] = await Promise.all([scroll(db, query, limit), scrollOfRest(db, query, limit)]);
      const rows = [...pages, ...(rest ? [{ ...rest, value: OTHERS }] : [])].map(writeRow);
      return answerCsv(c, query, "scroll", { columns: COLUMNS, rows });
    }
    const pages = await scroll(db, query, limit);
    const answer: z.input<typeof Scroll> = { ...asked(query), pages };
    return c.json(answer, 200);
  });
}
