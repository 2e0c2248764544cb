import { Hono } from "hono";
import type { Absence } from "../db/availability.ts";
import type { AppServices, Connection } from "./services.ts";

// A load balancer asks every few seconds and gives up soon itself.
const PATIENCE_MS = 2_000;

/** `GET /health`: 200 when the process and its database work, else 503; says which. */
export function healthRoutes(
  { db, availability, events, spool }: Pick<AppServices, "db" | "availability" | "events" | "spool">,
): Hono<Connection> {
  const app = new Hono<Connection>();
  app.get("/health", async (c) => {
    const database = availability.absence
      ? { status: "unavailable", ...describe(availability.absence) }
      : await databaseHealth(() => db.version());
    const ok = database.status === "ok";
    c.header("cache-control", "no-store");
    return c.json({
      status: ok ? "ok" : "unavailable",
      process: { status: "ok", pendingEvents: events.pending },
      database,
      ...(spool ? { spool: { events: spool.size, bytes: spool.bytes, oldest: spool.oldest } } : {}),
    }, ok ? 200 : 503);
  });
  return app;
}

function describe({ since, reason }: Absence): { since: Date; detail: string } {
  return { since, detail: withoutHost(reason) };
}

/** Anybody may ask. */
function withoutHost(reason: string): string {
  return reason.replace(/\S+:\d+/g, "the server");
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
    return { status: "unavailable", detail: withoutHost((error as Error).message) };
  } finally {
    clearTimeout(timer);
  }
}
