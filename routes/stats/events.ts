import { createRoute, z } from "@hono/zod-openapi";
import type { Database } from "../../db/database.ts";
import { eventProperties, everyPropertyValue } from "../../db/stats/event_properties.ts";
import { FORMAT, OTHERS, streamCsv, wantsCsv } from "./csv.ts";
import { FILTERS, RANGE, shortText } from "./parameters.ts";
import { asked, readQuestion } from "./question.ts";
import { listAnswers, newResource, type Resource, TOKEN } from "./resource.ts";
import { sumsOfValues } from "../../db/stats/value_sums.ts";
import { ASKED, Count, Share, SiteParameter } from "./schemas.ts";

export const EventProperties = z.object({
  ...ASKED,
  name: z.string(),
  events: Count,
  sessions: Count.openapi({ description: "That had such an event." }),
  properties: z.array(z.object({
    property: z.string(),
    values: z.array(z.object({
      value: z.string(),
      events: Count,
      share: Share,
      atLeast: z.literal(true).optional().openapi({
        description:
          "There may have been more: on a day of the range the value was not among the 100 that are kept.",
      }),
    })).openapi({ description: "The 20 most frequent; shares are of the name's events." }),
    others: Count.openapi({ description: "Events with a value that is not among these." }),
  })),
}).openapi("EventProperties");

const route = createRoute({
  method: "get",
  path: "/sites/{site}/events/{name}",
  summary: "The events of a name, and what came with them",
  security: TOKEN,
  request: {
    params: SiteParameter.extend({
      name: shortText("name", 50).openapi({ description: "The event's.", example: "signup" }),
    }),
    query: z.strictObject({ ...RANGE, ...FILTERS, ...FORMAT }),
  },
  responses: listAnswers(EventProperties),
});

export function eventsRoutes(db: Database): Resource {
  return newResource().openapi(route, async (c) => {
    const { site, name } = c.req.valid("param");
    const query = await readQuestion(db, site, c.req.valid("query"));
    if (wantsCsv(c)) {
      const all = (await sumsOfValues(db, query, "event", [name])).get(name)?.events ?? 0;
      const columns = ["property", "value", "events", "share", "atLeast"];
      return await streamCsv(c, query, "events", {
        columns,
        read: (take) =>
          everyPropertyValue(
            db,
            query,
            name,
            (rows) =>
              take(rows.map(({ property, value, events, atLeast }) => ({
                property,
                value: value ?? OTHERS,
                events,
                share: Math.min(events / all, 1),
                atLeast,
              }))),
          ),
      });
    }
    const found = await eventProperties(db, query, name);
    const answer: z.input<typeof EventProperties> = { ...asked(query), ...found };
    return c.json(answer, 200);
  });
}
