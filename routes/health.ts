import { Hono } from "hono";
import { StatementTimeout } from "../db/database.ts";
import { askHealth, describeOutage, ReadOnlyDatabase } from "../db/outage.ts";
import type { Spool } from "../db/spool.ts";
import { log } from "../log.ts";
import { problem } from "./problem.ts";
import type { AppServices, Connection } from "./services.ts";

// A load balancer asks every few seconds and gives up soon itself.
const PATIENCE_MS = 2_000;
// Of a full disk or an overloaded server; whoever asks comes again anyway.
const RETRY_AFTER = { "retry-after": "5" };
// What the largest body may need.
const LEAST_ROOM = 512 * 1024;

/**
 * `GET /health`: 200 when the process and its database work, else 503; says which. `/health/live`: 200 while the
 * process answers, whatever the database does: restarting it would mend nothing. `/health/ready`: 200 while events
 * are durable with it, in the database or in the spool, else 503: send them elsewhere.
 */
export function healthRoutes(
  { db, availability, events, spool }: Pick<AppServices, "db" | "availability" | "events" | "spool">,
): Hono<Connection> {
  const app = new Hono<Connection>();

  function askDatabase(): Promise<DatabaseHealth> | DatabaseHealth {
    return availability.absence
      ? { status: "unavailable", since: availability.absence.since, detail: availability.absence.reason }
      : databaseHealth(() => askHealth(db), (error) => availability.lost(error));
  }

  app.get("/health", async (c) => {
    const database = await askDatabase();
    const ok = database.status === "ok";
    c.header("cache-control", "no-store");
    return c.json({
      status: ok ? "ok" : "unavailable",
      process: { status: "ok", pendingEvents: events.pending },
      database,
      ...(spool ? { spool: { events: spool.size, bytes: spool.bytes, oldest: spool.oldest } } : {}),
    }, ok ? 200 : 503);
  });

  app.get("/health/live", (c) => {
    c.header("cache-control", "no-store");
    return c.json({ status: "ok" });
  });

  app.get("/health/ready", async (c) => {
    c.header("cache-control", "no-store");
    if ((await askDatabase()).status === "ok") return c.json({ status: "ok", durableIn: "postgres" });
    if (spool && hasRoom(spool)) return c.json({ status: "ok", durableIn: "spool" });
    return problem(c, 503, "Neither the database nor a spool takes events", undefined, RETRY_AFTER);
  });
  return app;
}

function hasRoom(spool: Spool): boolean {
  try {
    return spool.maxBytes - spool.bytes >= LEAST_ROOM;
  } catch {
    return false; // its disk has failed
  }
}

interface DatabaseHealth {
  status: "ok" | "unavailable";
  version?: string;
  since?: Date;
  detail?: string;
}

async function databaseHealth(
  ask: () => Promise<string>,
  onReadOnly: (error: ReadOnlyDatabase) => void,
): Promise<DatabaseHealth> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StatementTimeout("No answer")), PATIENCE_MS);
  });
  try {
    return { status: "ok", version: await Promise.race([ask(), timeout]) };
  } catch (error) {
    // Then the next events need not find out; and the probes that follow drop connections to a server that was demoted.
    if (error instanceof ReadOnlyDatabase) onReadOnly(error);
    else log.debug("the database is not well", { error });
    return { status: "unavailable", detail: describeOutage(error) };
  } finally {
    clearTimeout(timer);
  }
}
