import { createRoute, z } from "@hono/zod-openapi";
import type { Database } from "../../db/database.ts";
import { forms } from "../../db/stats/forms.ts";
import { answerCsv, FORMAT, wantsCsv } from "./csv.ts";
import { FILTERS, RANGE } from "./parameters.ts";
import { asked, readQuestion } from "./question.ts";
import { listAnswers, newResource, type Resource, TOKEN } from "./resource.ts";
import { ASKED, Count, Share, SiteParameter } from "./schemas.ts";

export const Forms = z.object({
  ...ASKED,
  forms: z.array(z.object({
    form: z.string().openapi({ description: "Its id; empty for forms without one." }),
    pages: z.array(z.string()).openapi({ description: "On which it was used." }),
    views: Count.openapi({ description: "Pageviews of these pages." }),
    starts: Count,
    submissions: Count,
    abandonments: Count,
    completionRate: Share.nullable().openapi({
      description: "Submissions of starts; null where none was seen.",
    }),
    fields: z.array(z.object({ field: z.string(), filled: Count, share: Share })),
  })).openapi({ description: "The 50 that were used most." }),
}).openapi("Forms");

const route = createRoute({
  method: "get",
  path: "/sites/{site}/forms",
  summary: "How visitors get along with each form, and which fields they fill in",
  security: TOKEN,
  request: { params: SiteParameter, query: z.strictObject({ ...RANGE, ...FILTERS, ...FORMAT }) },
  responses: listAnswers(Forms),
});

const COLUMNS = ["form", "views", "starts", "submissions", "abandonments", "completionRate"];

export function formsRoutes(db: Database): Resource {
  return newResource().openapi(route, async (c) => {
    const { site } = c.req.valid("param");
    const query = await readQuestion(db, site, c.req.valid("query"));
    const isCsv = wantsCsv(c);
    const rows = await forms(db, query, isCsv ? null : undefined);
    if (isCsv) {
      return answerCsv(c, query, "forms", { columns: COLUMNS, rows: rows.map((row) => ({ ...row })) });
    }
    const answer: z.input<typeof Forms> = { ...asked(query), forms: rows };
    return c.json(answer, 200);
  });
}
