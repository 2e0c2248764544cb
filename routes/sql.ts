import { Hono, type MiddlewareHandler } from "hono";
import type { Database } from "../db/database.ts";
import type { Connection } from "./services.ts";
import { problem } from "./problem.ts";

/** `POST /sql`, of the `dev` task only: runs the query in the body, for `deno task sql`; the embedded database has no port. */
export function sqlRoutes(db: Database, admin: MiddlewareHandler): Hono<Connection> {
  const app = new Hono<Connection>();
  app.post("/sql", admin, async (c) => {
    try {
      return c.json({ rows: await db.query(await c.req.text()) });
    } catch (error) {
      return problem(c, 400, (error as Error).message);
    }
  });
  return app;
}
