import { createRoute, z } from "@hono/zod-openapi";
import type { Database } from "../../db/database.ts";
import { breakdownAndRest, everyValue } from "../../db/stats/breakdown.ts";
import { DIMENSIONS } from "../../db/stats/query.ts";
import { isSessionDimension } from "../../db/stats/value_sums.ts";
import { answerCsv, FORMAT, OTHERS, streamCsv, wantsCsv } from "./csv.ts";
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
      ...FORMAT,
      limit: wholeNumber("limit", 1, 1000, 10).openapi({
        description:
          "CSV without `limit` and `page` has every value. With one of them, its last row `(others)` sums up " +
          "the values that are left out; what cannot be added up is empty.",
      }),
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
    const columns = [...COLUMNS, ...visitors ? ["visitors"] : [], "engagedSeconds"];
    const options = { ...searchFor(dimension, search ?? ""), visitors };
    const isCsv = wantsCsv(c);
    if (isCsv && c.req.query("limit") === undefined && c.req.query("page") === undefined) {
      return await streamCsv(c, query, dimension, {
        columns,
        read: (take) =>
          everyValue(db, query, dimension, options, (rows) => take(rows.map((row) => ({ ...row })))),
      });
    }
    const { breakdown: found, rest } = await breakdownAndRest(db, query, dimension, {
      ...options,
      limit,
      offset: (page - 1) * limit,
    });
    if (isCsv) {
      // A session may have several pages, and events: theirs do not add up.
      const others = rest &&
        { ...rest, ...(!isSessionDimension(dimension) && { sessions: null }), value: OTHERS };
      const rows = [...found.rows, ...(others ? [others] : [])].map((row) => ({ ...row }));
      return answerCsv(c, query, dimension, { columns, rows }, { "x-total-count": String(found.count) });
    }
    const answer: z.input<typeof Breakdown> = { ...asked(query), dimension, ...found, page, limit };
    return c.json(answer, 200);
  });
}
