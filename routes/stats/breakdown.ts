import { createRoute, z } from "@hono/zod-openapi";
import type { Database } from "../../db/database.ts";
import { breakdown } from "../../db/stats/breakdown.ts";
import { DIMENSIONS } from "../../db/stats/query.ts";
import { answerCsv, wantsCsv } from "./csv.ts";
import { searchFor } from "./countries.ts";
import { FILTERS, oneOf, RANGE, shortText, wholeNumber, yesNo } from "./parameters.ts";
import { asked, readQuestion } from "./question.ts";
import { listAnswers, newResource, type Resource, TOKEN } from "./resource.ts";
import { ASKED, Count, Seconds, Share, SiteParameter } from "./schemas.ts";

const Sums = z.object({ sessions: Count, pageviews: Count, events: Count });

export const Breakdown = z.object({
  ...ASKED,
  dimension: z.enum(DIMENSIONS),
  total: Sums.openapi({ description: "Of the whole range, whatever the search." }),
  rows: z.array(Sums.extend({
    value: z.string().openapi({ description: "Empty where it is unknown." }),
    bounceRate: Share.nullable(),
    seconds: Seconds.nullable().openapi({
      description: "Mean duration of the sessions; of a page: mean time on it.",
    }),
    engagedSeconds: Seconds.nullable().openapi({
      description:
        "Mean time for which the sessions, or the page, were in use, where the tracker measures it.",
    }),
    visitors: Count.optional(),
  })).openapi({ description: "By sessions (pages: by pageviews; events: by events), the most first." }),
  others: z.null().openapi({
    description: "Null: every value is kept, however rare. Earlier releases left out rare values.",
  }),
  count: Count.openapi({ description: "How many values there are, with the search." }),
  page: z.int(),
  limit: z.int(),
}).openapi("Breakdown");

const route = createRoute({
  method: "get",
  path: "/sites/{site}/breakdown/{dimension}",
  summary: "The range by the values of a dimension",
  security: TOKEN,
  request: {
    params: SiteParameter.extend({ dimension: oneOf("dimension", DIMENSIONS) }),
    query: z.strictObject({
      ...RANGE,
      ...FILTERS,
      limit: wholeNumber("limit", 1, 1000, 10),
      page: wholeNumber("page", 1, 100_000, 1),
      search: shortText("search", 200).optional().openapi({
        description: "Only values that contain it, whatever its case; countries by their English names.",
      }),
      visitors: yesNo("visitors").openapi({ description: "Whether to count each value's visitors, too." }),
    }),
  },
  responses: listAnswers(Breakdown),
});

const COLUMNS = ["value", "sessions", "pageviews", "events", "bounceRate", "seconds"];

export function breakdownRoutes(db: Database): Resource {
  return newResource().openapi(route, async (c) => {
    const { site, dimension } = c.req.valid("param");
    const { limit, page, search, visitors, ...parameters } = c.req.valid("query");
    const query = await readQuestion(db, site, parameters);
    const found = await breakdown(db, query, dimension, {
      limit,
      offset: (page - 1) * limit,
      ...searchFor(dimension, search ?? ""),
      visitors,
    });
    if (wantsCsv(c)) {
      const columns = [...COLUMNS, ...visitors ? ["visitors"] : [], "engagedSeconds"];
      return answerCsv(c, query, dimension, { columns, rows: found.rows.map((row) => ({ ...row })) });
    }
    const answer: z.input<typeof Breakdown> = { ...asked(query), dimension, ...found, page, limit };
    return c.json(answer, 200);
  });
}
