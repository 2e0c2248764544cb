import type { Database } from "../db/database.ts";
import { MetricsSnapshot } from "./metrics.ts";
import { type ServerProcess, startServer } from "./server_process.ts";

export const ADMIN_TOKEN = "bench-admin-token";
const QUEUE = "footfall_queue_events";
const SPOOL = "footfall_spool_events";
// A commit that takes longer than the collector waits goes through the spool.
const ACCEPTED = ["postgres", "spool"].map((stored) => `footfall_events_accepted_total{stored="${stored}"}`);
const accepted = (snapshot: MetricsSnapshot) => ACCEPTED.reduce((sum, name) => sum + snapshot.value(name), 0);

/** The collector as `deno task start` runs it. */
export interface Collector extends ServerProcess {
  metrics(): Promise<MetricsSnapshot>;
  /** Waits until no event is on its way to the database any more, nor in the spool. */
  settled(): Promise<MetricsSnapshot>;
}

/** Starts the collector on a migrated database. */
export async function startCollector(
  databaseUrl: string,
  settings: Record<string, string> = {},
): Promise<Collector> {
  const server = await startServer("main.ts", {
    DATABASE_URL: databaseUrl,
    ADMIN_TOKEN,
    OPEN_REGISTRATION: "true",
    ...settings,
  });
  const metrics = async () => {
    const response = await fetch(`${server.url}/metrics`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`/metrics answered ${response.status}: ${text}`);
    return new MetricsSnapshot(text);
  };
  const settled = async () => {
    let last = await metrics();
    for (;;) {
      const next = await metrics();
      // Unchanged since the look before: no request is on its way to the queue either.
      const isIdle = next.value(QUEUE) === 0 && next.value(SPOOL) === 0;
      if (isIdle && accepted(next) === accepted(last)) return next;
      last = next;
    }
  };
  return { ...server, metrics, settled, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/**
 * Holds the collector to its word: every event that it acknowledged is in `events_log`, and none is there twice.
 *
 * @param snapshot of the collector when it had settled
 * @param acknowledged events that the clients saw acknowledged
 * @param inFlight events of requests that the clients gave up at their end: they may have been acknowledged to nobody
 * @throws {Error} If the three counts do not agree
 */
export async function requireStored(
  db: Database,
  collector: Collector,
  snapshot: MetricsSnapshot,
  acknowledged: number,
  inFlight: number,
): Promise<number> {
  const answered = accepted(snapshot);
  const [{ rows } = { rows: 0 }] = await db.query<{ rows: number }>(
    "select count(*) as rows from events_log",
  );
  if (rows !== answered || rows < acknowledged || rows > acknowledged + inFlight) {
    throw new Error(
      `${rows} rows are in events_log, but the collector accepted ${answered} events and the clients saw ` +
        `${acknowledged} acknowledged (${inFlight} may have been under way):\n${collector.output()}`,
    );
  }
  return rows;
}
