import { Hono } from "hono";
import type { AppServices, Connection } from "./services.ts";

// A load balancer asks every few seconds and gives up soon itself.
const PATIENCE_MS = 3_000;

/** `GET /health`: 200 when the process and its database work, else 503; says which. */
export function healthRoutes(
  { db, events, spool }: Pick<AppServices, "db" | "events" | "spool">,
): Hono<Connection> {
  const app = new Hono<Connection>();
  app.get("/health", async (c) => {
    const database = await databaseHealth(() => db.version());
    const ok = database.status === "ok";
    c.header("cache-control", "no-store");
    return c.json({
      status: ok ? "ok" : "unavailable",
      process: { status: "ok", pendingEvents: events.pending },
      database,
      ...(spool ? { spool: { events: spool.size } } : {}),
    }, ok ? 200 : 503);
  });
  return app;
}

interface DatabaseHealth {
  status: "ok" | "unavailable";
  version?: string;
  detail?: string;
}

async function databaseHealth(ask: () => Promise<string>): Promise<DatabaseHealth> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
  });
  try {
    return { status: "ok", version: await Promise.race([ask(), timeout]) };
  } catch (error) {
    // Names no host: anybody may ask.
    return { status: "unavailable", detail: (error as Error).message.replace(/\S+:\d+/g, "the server") };
  } finally {
    clearTimeout(timer);
  }
}
