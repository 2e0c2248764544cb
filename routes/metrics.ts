import { Hono, type MiddlewareHandler } from "hono";
import { Counter, Gauge, Registry } from "prom-client";
import { readEtlStatus } from "../db/etl_status.ts";
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
  readonly #dropped = this.#counter("footfall_requests_dropped_total", "Requests dropped on purpose", [
    "reason",
  ]);

  constructor({ db, events, spool }: Pick<AppServices, "db" | "events" | "spool">) {
    this.#gauge(
      "footfall_queue_events",
      "Events in memory on their way to the database",
      () => events.pending,
    );
    this.#gauge("footfall_spool_events", "Events on disk until the database is back", () => spool?.size ?? 0);
    let status: ReturnType<typeof readEtlStatus>;
    // The first of these three asks the database, for all of them.
    this.#gauge("footfall_pending_events", "Raw events that the ETL has not processed", async () => {
      status = readEtlStatus(db);
      return (await status).pending.reduce((sum, { count }) => sum + count, 0);
    });
    this.#gauge(
      "footfall_pending_age_seconds",
      "Age of the oldest event that the ETL has not processed",
      async () => Math.max(0, ...(await status).pending.map(({ ageSeconds }) => ageSeconds)),
    );
    this.#gauge(
      "footfall_failed_events",
      "Events that were set aside with their reason",
      async () => (await status).failedEvents,
    );
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

  /** The Prometheus text format, 0.0.4. @throws {DatabaseUnavailable} */
  async text(): Promise<string> {
    return await this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      async collect() {
        this.set(await read());
      },
    });
  }
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
