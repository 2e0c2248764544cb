import { Hono, type MiddlewareHandler } from "hono";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { DatabaseUnavailable } from "../db/database.ts";
import { type EtlStatus, type LastSuccess, readEtlStatus, readLastSuccesses } from "../db/etl_status.ts";
import type { AppServices, Connection } from "./services.ts";

/** What this process counts, and what it reads when it is asked: the metrics of `GET /metrics`. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #accepted = this.#counter(
    "footfall_events_accepted_total",
    "Events answered with 202, by where they are durable",
    ["stored"],
  );
  readonly #rejected = this.#counter(
    "footfall_events_rejected_total",
    "Events that were invalid or not allowed",
    [],
  );
  readonly #requests = this.#counter(
    "footfall_requests_total",
    "Requests of any kind, by how they were answered",
    ["method", "status"],
  );
  readonly #dropped = this.#counter("footfall_requests_dropped_total", "Requests dropped on purpose", [
    "reason",
  ]);

  readonly #excluded = this.#counter(
    "footfall_events_excluded_total",
    "Events that their site's settings leave out, those of batches one by one, by what excludes them",
    ["reason"],
  );

  constructor(
    { db, availability, events, spool, canary }: Pick<
      AppServices,
      "db" | "availability" | "events" | "spool" | "canary"
    >,
  ) {
    const groupEvents = this.#histogram(
      "footfall_group_events",
      "Events that were written together, by where they are durable",
      [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
    );
    const commitSeconds = this.#histogram(
      "footfall_commit_seconds",
      "Time from when a group was taken until it was durable, by where",
      [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    );
    events.onGroup(({ stored, events, seconds }) => {
      groupEvents.observe({ stored }, events);
      commitSeconds.observe({ stored }, seconds);
    });
    this.#gauge(
      "footfall_database_available",
      "1 while the database takes events",
      () => availability.absence ? 0 : 1,
    );
    this.#gauge(
      "footfall_queue_events",
      "Events in memory on their way to the database",
      () => events.pending,
    );
    this.#gauge("footfall_spool_events", "Events on disk until the database is back", () => spool?.size ?? 0);
    this.#gauge(
      "footfall_spool_refused_events",
      "Events of the spool that were set aside with their reason",
      () => spool?.refused ?? 0,
    );
    this.#gauge("footfall_spool_bytes", "Bytes that they take", () => spool?.bytes ?? 0);
    this.#labelled("footfall_pool_connections", "Connections to the database", "state", () => ({
      in_use: db.pool.inUse,
      idle: db.pool.idle,
    }));
    this.#gauge("footfall_pool_waiting", "Callers who wait for a connection", () => db.pool.waiting);
    this.#gauge(
      "footfall_canary_seconds",
      "How long the last made-up event took until it was processed, or one that is under way has taken",
      () => canary?.seconds,
    );
    let status: Promise<EtlStatus | undefined>;
    // The first of these three asks the database, for all of them; while it is away they are left out.
    this.#gauge("footfall_pending_events", "Raw events that the ETL has not processed", async () => {
      status = availability.absence
        ? Promise.resolve(undefined)
        : unlessAway(() => readEtlStatus(db, PATIENCE_MS));
      return (await status)?.pending.reduce((sum, { count }) => sum + count, 0);
    });
    this.#gauge(
      "footfall_pending_age_seconds",
      "Age of the oldest event that the ETL has not processed",
      async () => {
        const pending = (await status)?.pending;
        return pending && Math.max(0, ...pending.map(({ ageSeconds }) => ageSeconds));
      },
    );
    this.#gauge(
      "footfall_failed_events",
      "Events that were set aside with their reason",
      async () => (await status)?.failedEvents,
    );
    let successes: Promise<LastSuccess[] | undefined>;
    // Likewise for these two.
    this.#labelled(
      "footfall_job_last_success_timestamp_seconds",
      "When the job last ended without an error, in seconds since 1970",
      "job",
      async () => {
        successes = availability.absence
          ? Promise.resolve(undefined)
          : unlessAway(() => readLastSuccesses(db, PATIENCE_MS));
        return byJob(await successes, ({ finishedAt }) => finishedAt.getTime() / 1000);
      },
    );
    this.#labelled(
      "footfall_job_seconds",
      "How long that run took",
      "job",
      async () => byJob(await successes, ({ seconds }) => seconds),
    );
  }

  /** Every request that was answered, whatever it was. */
  answered(method: string, status: number): void {
    // Anybody may make up methods, and each would be a series.
    this.#requests.inc({ method: METHODS.has(method) ? method : "other", status });
  }

  accepted(events: number, stored: "postgres" | "spool"): void {
    this.#accepted.inc({ stored }, events);
  }

  rejected(events: number): void {
    this.#rejected.inc(events);
  }

  dropped(reason: string): void {
    this.#dropped.inc({ reason });
  }

  excluded(reason: "network" | "path", events: number): void {
    this.#excluded.inc({ reason }, events);
  }

  /** The Prometheus text format, 0.0.4. */
  async text(): Promise<string> {
    return await this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, buckets, labelNames: ["stored"], registers: [this.#registry] });
  }

  /** @param read the value for each value of the label; nothing leaves it out */
  #labelled(
    name: string,
    help: string,
    labelName: string,
    read: () => Record<string, number> | Promise<Record<string, number>>,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: [labelName],
      registers: [this.#registry],
      async collect() {
        const values = Object.entries(await read());
        this.reset();
        for (const [label, value] of values) this.set({ [labelName]: label }, value);
      },
    });
  }

  /** @param read undefined leaves it out */
  #gauge(name: string, help: string, read: () => number | undefined | Promise<number | undefined>): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      async collect() {
        const value = await read();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }
}

// A scraper gives up after ten seconds, and without the rest.
const PATIENCE_MS = 2_000;

const METHODS = new Set(["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"]);

async function unlessAway<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DatabaseUnavailable) return undefined;
    throw error;
  }
}

function byJob(
  successes: LastSuccess[] | undefined,
  value: (success: LastSuccess) => number,
): Record<string, number> {
  return Object.fromEntries((successes ?? []).map((success) => [success.job, value(success)]));
}

/** `GET /metrics`. */
export function metricsRoutes(metrics: Metrics, admin: MiddlewareHandler): Hono<Connection> {
  const app = new Hono<Connection>();
  app.get(
    "/metrics",
    admin,
    async (c) => c.text(await metrics.text(), 200, { "content-type": metrics.contentType }),
  );
  return app;
}
