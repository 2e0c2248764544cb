import { Hono, type MiddlewareHandler } from "hono";
import { readEtlStatus } from "../db/etl_status.ts";
import type { AppServices, Connection } from "./services.ts";

/** `GET /etl/status` and `POST /etl/run`. */
export function etlRoutes(
  { db, runJobs, spool }: Pick<AppServices, "db" | "runJobs" | "spool">,
  admin: MiddlewareHandler,
): Hono<Connection> {
  const app = new Hono<Connection>();
  app.get("/etl/status", admin, async (c) => {
    const status = await readEtlStatus(db);
    return c.json({ ...status, spooledEvents: spool?.size ?? 0 });
  });
  app.post("/etl/run", admin, async (c) => {
    const jobs = await runJobs();
    return c.json({ jobs }, jobs.some((job) => job.error !== undefined) ? 500 : 200);
  });
  return app;
}
