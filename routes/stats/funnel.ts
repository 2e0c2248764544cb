import { createRoute, z } from "@hono/zod-openapi";
import type { Database } from "../../db/database.ts";
import { funnel, FUNNEL_UNITS, type FunnelStep, MAX_STEPS, MIN_STEPS } from "../../db/stats/funnel.ts";
import { answerCsv, FORMAT, wantsCsv } from "./csv.ts";
import { FILTERS, oneOf, RANGE, repeatable, shortText } from "./parameters.ts";
import { asked, readQuestion } from "./question.ts";
import { listAnswers, newResource, type Resource, TOKEN } from "./resource.ts";
import { ASKED, Count, Seconds, Share, SiteParameter } from "./schemas.ts";

export const Funnel = z.object({
  ...ASKED,
  by: z.enum(FUNNEL_UNITS),
  steps: z.array(z.object({
    step: z.string(),
    count: Count.openapi({ description: "How many sessions, or visitors, got this far." }),
    rateOfFirst: Share.nullable(),
    rateOfPrevious: Share.nullable().openapi({ description: "Null for the first step." }),
    dropOff: Count.openapi({ description: "How many got to the step before, and not to this one." }),
    medianSeconds: Seconds.nullable().openapi({ description: "From the step before to this one." }),
  })),
}).openapi("Funnel");

const STEPS_MAY_BE = `step must be given ${MIN_STEPS} to ${MAX_STEPS} times, as page:/path or event:name`;

const route = createRoute({
  method: "get",
  path: "/sites/{site}/funnel",
  summary: "How many took some steps one after the other",
  security: TOKEN,
  request: {
    params: SiteParameter,
    query: z.strictObject({
      ...RANGE,
      ...FILTERS,
      ...FORMAT,
      step: repeatable(shortText("step", 2053).transform(readStep), MAX_STEPS, STEPS_MAY_BE)
        .refine((steps) => steps.length >= MIN_STEPS, STEPS_MAY_BE)
        .openapi({
          type: "array",
          items: { type: "string" },
          minItems: MIN_STEPS,
          maxItems: MAX_STEPS,
          param: { required: true },
          description: "`page:/path` or `event:name`, in the order of the steps; others may come in between.",
          example: ["page:/products", "event:signup"],
        }),
      by: oneOf("by", FUNNEL_UNITS).default("session").openapi({
        description: "Within one session, or over all sessions of a visitor that are in the range.",
      }),
    }),
  },
  responses: listAnswers(Funnel),
});

function readStep(text: string, context: z.RefinementCtx): FunnelStep {
  const [, kind, name] = /^(page|event):([^]+)$/.exec(text) ?? [];
  if (kind === "page" && name !== undefined) return { page: name };
  if (kind === "event" && name !== undefined) return { event: name };
  context.addIssue({ code: "custom", message: "step must be page:/path or event:name" });
  return z.NEVER;
}

const COLUMNS = ["step", "count", "rateOfFirst", "rateOfPrevious", "dropOff", "medianSeconds"];

export function funnelRoutes(db: Database): Resource {
  return newResource().openapi(route, async (c) => {
    const { site } = c.req.valid("param");
    const { step: steps, by, ...parameters } = c.req.valid("query");
    const query = await readQuestion(db, site, parameters);
    const rows = await funnel(db, query, steps, by);
    if (wantsCsv(c)) {
      return answerCsv(c, query, "funnel", { columns: COLUMNS, rows: rows.map((row) => ({ ...row })) });
    }
    const answer: z.input<typeof Funnel> = { ...asked(query), by, steps: rows };
    return c.json(answer, 200);
  });
}
