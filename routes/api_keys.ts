import { Hono } from "hono";
import { z } from "zod";
import { type ApiKey, createApiKey, listApiKeys, revokeApiKey } from "../db/api_keys.ts";
import type { Database } from "../db/database.ts";
import { isSiteId } from "../db/site_directory.ts";
import type { Guards } from "./guards.ts";
import { jsonBody } from "./json_body.ts";
import { problem } from "./problem.ts";
import type { ReaderEnv } from "./readers.ts";

/** What a person calls a key or a link, to know it again. */
export const NAME = z.string().max(100).regex(/^[^\p{Cc}\p{Cs}]*$/u, "must not hold control characters");

const NEW_KEY = z.strictObject({
  siteId: z.string().refine(isSiteId, "give 1 to 100 characters without blanks, or null for all sites")
    .nullable()
    .default(null),
  name: NAME.default(""),
  scope: z.enum(["read", "write"]).default("read"),
});

/** `/api/v1/keys`, for the admin: who else may use the API. The key itself is answered once, when it is made. */
export function apiKeyRoutes(db: Database, { admin }: Pick<Guards, "admin">): Hono<ReaderEnv> {
  const app = new Hono<ReaderEnv>();
  app.post("/api/v1/keys", admin, async (c) => {
    const { key, secret } = await createApiKey(db, await jsonBody(c, NEW_KEY));
    return c.json({ ...key, key: secret }, 201, NO_STORE);
  });
  app.get("/api/v1/keys", admin, async (c) => {
    const keys: ApiKey[] = await listApiKeys(db);
    return c.json({ keys }, 200, NO_STORE);
  });
  app.delete("/api/v1/keys/:id{[0-9]{1,15}}", admin, async (c) => {
    const id = Number(c.req.param("id"));
    if (await revokeApiKey(db, id)) return c.body(null, 204);
    return problem(c, 404, `There is no key ${id} in force`);
  });
  return app;
}

export const NO_STORE = { "cache-control": "no-store" };
