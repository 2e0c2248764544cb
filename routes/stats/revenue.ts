import { createRoute, z } from "@hono/zod-openapi";
import type { Database } from "../../db/database.ts";
import { revenue } from "../../db/stats/revenue.ts";
import { answerCsv, FORMAT, wantsCsv } from "./csv.ts";
import { FILTERS, RANGE } from "./parameters.ts";
import { asked, readQuestion } from "./question.ts";
import { listAnswers, newResource, type Resource, TOKEN } from "./resource.ts";
import { ASKED, Count, SiteParameter } from "./schemas.ts";

export const Revenue = z.object({
  ...ASKED,
  revenue: z.array(z.object({
    event: z.string(),
    currency: z.string().openapi({ description: "As three capitals; empty where none was sent." }),
    payments: Count,
    amount: z.number().openapi({ description: "In units of the currency; refunds are negative." }),
  })),
}).openapi("Revenue");

const route = createRoute({
  method: "get",
  path: "/sites/{site}/revenue",
  summary: "The sums of `revenue` that came with events, by event and currency",
  security: TOKEN,
  request: { params: SiteParameter, query: z.strictObject({ ...RANGE, ...FILTERS, ...FORMAT }) },
  responses: listAnswers(Revenue),
});

export function revenueRoutes(db: Database): Resource {
  return newResource().openapi(route, async (c) => {
    const { site } = c.req.valid("param");
    const query = await readQuestion(db, site, c.req.valid("query"));
    const rows = await revenue(db, query);
    if (wantsCsv(c)) {
      const columns = ["event", "currency", "payments", "amount"];
      return answerCsv(c, query, "revenue", { columns, rows: rows.map((row) => ({ ...row })) });
    }
    const answer: z.input<typeof Revenue> = { ...asked(query), revenue: rows };
    return c.json(answer, 200);
  });
}
