import { createRoute, z } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import type { Database } from "../../db/database.ts";
import { addGoal, goals, removeGoal } from "../../db/stats/goals.ts";
import { storedPath } from "../stored_path.ts";
import { answerCsv, FORMAT, wantsCsv } from "./csv.ts";
import { FILTERS, RANGE, shortText } from "./parameters.ts";
import { asked, readQuestion, requireSite } from "./question.ts";
import { listAnswers, newResource, PROBLEMS, refusal, type Resource, TOKEN } from "./resource.ts";
import { ASKED, Count, Share, SiteParameter } from "./schemas.ts";
import { isolated } from "../../web/dashboard/bidi.tsx";

const MAX_BODY_BYTES = 16_384;

const GOAL = {
  name: shortText("name", 100),
  event: shortText("event", 50).optional().openapi({ description: "The name of the event to send." }),
  page: shortText("page", 2048).optional().openapi({
    description: "The path of the page to view. It is kept as the site stores it.",
  }),
};

export const Goals = z.object({
  ...ASKED,
  goals: z.array(z.object({
    id: z.uuid(),
    ...GOAL,
    completions: Count,
    sessions: Count.openapi({ description: "That reached it once." }),
    rate: Share.nullable().openapi({ description: "Of all sessions." }),
    revenue: z.array(z.object({ currency: z.string(), amount: z.number() })),
  })),
}).openapi("Goals");

const EITHER = "give either event, the name of an event, or page, a path";

export const NewGoal = z.strictObject(GOAL).refine(
  ({ event, page }) => (event === undefined) !== (page === undefined),
  {
    error: EITHER,
    path: ["event"],
  },
).openapi("NewGoal", { description: `What visitors are to do: ${EITHER}.` });

const path = "/sites/{site}/goals";

const list = createRoute({
  method: "get",
  path,
  summary: "The goals, and how often they were reached",
  security: TOKEN,
  request: { params: SiteParameter, query: z.strictObject({ ...RANGE, ...FILTERS, ...FORMAT }) },
  responses: listAnswers(Goals),
});

const add = createRoute({
  method: "post",
  path,
  summary: "Adds a goal",
  security: TOKEN,
  middleware: bodyLimit({ maxSize: MAX_BODY_BYTES }),
  request: {
    params: SiteParameter,
    body: { required: true, content: { "application/json": { schema: NewGoal } } },
  },
  responses: {
    201: {
      description: "It was added",
      content: { "application/json": { schema: z.object({ id: z.uuid() }) } },
    },
    ...PROBLEMS,
    409: refusal("The site has a goal of this name"),
  },
});

const remove = createRoute({
  method: "delete",
  path: `${path}/{id}`,
  summary: "Removes a goal",
  security: TOKEN,
  request: { params: SiteParameter.extend({ id: z.uuid({ error: "id must be a goal's UUID" }) }) },
  responses: { 204: { description: "It was removed" }, ...PROBLEMS },
});

const COLUMNS = ["name", "event", "page", "completions", "sessions", "rate"];

export function goalsRoutes(db: Database): Resource {
  const app = newResource();
  app.openapi(list, async (c) => {
    const { site } = c.req.valid("param");
    const query = await readQuestion(db, site, c.req.valid("query"));
    const rows = await goals(db, query);
    if (wantsCsv(c)) {
      return answerCsv(c, query, "goals", { columns: COLUMNS, rows: rows.map((row) => ({ ...row })) });
    }
    const answer: z.input<typeof Goals> = { ...asked(query), goals: rows };
    return c.json(answer, 200);
  });
  app.openapi(add, async (c) => {
    const { site } = c.req.valid("param");
    const { name, event, page } = c.req.valid("json");
    await requireSite(db, site);
    const goal = event === undefined ? { name, page: await storedPath(db, site, page!) } : { name, event };
    const id = await addGoal(db, site, goal);
    if (id !== undefined) return c.json({ id }, 201);
    throw new HTTPException(409, {
      message: `There is a goal ${isolated(name)} already: remove it, or choose another name`,
    });
  });
  app.openapi(remove, async (c) => {
    const { site, id } = c.req.valid("param");
    if (await removeGoal(db, site, id)) return c.body(null, 204);
    throw new HTTPException(404, { message: `There is no goal ${id} of the site ${isolated(site)}` });
  });
  return app;
}
