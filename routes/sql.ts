import { Hono, type MiddlewareHandler } from "hono";
import type { Database } from "../db/database.ts";
import { backUpPglite } from "../db/pglite.ts";
import { newSiteIdProblem, saveSite, type SiteChange } from "../db/site_directory.ts";
import type { Connection } from "./services.ts";
import { problem } from "./problem.ts";

/**
 * What the other tasks ask of the `dev` task, which alone can have the embedded database open:
 *
 * - `POST /sql` runs the query in the body: as text, or `{sql, params}` as JSON;
 * - `POST /dev/table` runs the query in the body, and answers its columns and rows as texts;
 * - `POST /dev/site` adds or changes a site: a `SiteChange`;
 * - `POST /dev/backup` answers the database as a gzipped tar.
 */
export function sqlRoutes(db: Database, admin: MiddlewareHandler): Hono<Connection> {
  const app = new Hono<Connection>();
  app.post("/sql", admin, async (c) => {
    try {
      const text = await c.req.text();
      const { sql, params } = c.req.header("content-type") === "application/json"
        ? JSON.parse(text)
        : { sql: text, params: [] };
      return c.json({ rows: await db.query(sql, params) });
    } catch (error) {
      return problem(c, 400, (error as Error).message);
    }
  });
  app.post("/dev/table", admin, async (c) => {
    try {
      return c.json(await db.table(await c.req.text()));
    } catch (error) {
      return problem(c, 400, (error as Error).message);
    }
  });
  app.post("/dev/site", admin, async (c) => {
    try {
      const change: SiteChange = await c.req.json();
      const refused = change.mustExist === false ? newSiteIdProblem(change.siteId) : undefined;
      if (refused !== undefined) return problem(c, 400, `"${change.siteId}" is no site id: ${refused}`);
      return c.json({ saved: await saveSite(db, change) });
    } catch (error) {
      return problem(c, 400, (error as Error).message);
    }
  });
  app.post("/dev/backup", admin, async (c) => {
    try {
      return new Response(await backUpPglite(db));
    } catch (error) {
      return problem(c, 400, (error as Error).message);
    }
  });
  return app;
}
