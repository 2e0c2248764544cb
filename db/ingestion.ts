import { Availability } from "./availability.ts";
import type { Database } from "./database.ts";
import { EventStore } from "./event_store.ts";
import { EventWriter } from "./event_writer.ts";
import { RefusedOrigins } from "./refused_origins.ts";
import { SiteDirectory } from "./site_directory.ts";
import type { Spool } from "./spool.ts";
import { SpoolDrain } from "./spool_drain.ts";
import { dailySalts } from "./visitor_salts.ts";

const PROBE_TIMEOUT_MS = 2_000;

/** What the collector needs of the database, and how it finds out whether that is there. */
export interface Ingestion {
  availability: Availability;
  events: EventWriter;
  sites: SiteDirectory;
  refusedOrigins: RefusedOrigins;
  /** See {@linkcode dailySalts}. */
  salts(day: string): Promise<string>;
  /** Writes what waits, then closes the spool; the database stays open. */
  close(): Promise<void>;
}

/** @param spool where events wait while the database is away */
export function openIngestion(db: Database, spool: Spool | undefined): Ingestion {
  const store = new EventStore(db);
  const availability = new Availability(() => store.probe(PROBE_TIMEOUT_MS));
  // One connection is left for everything else.
  const events = new EventWriter(store, availability, {
    spool,
    concurrency: Math.max(1, db.connections - 1),
  });
  const refusedOrigins = new RefusedOrigins(db, availability);
  const drain = spool && new SpoolDrain(spool, store, availability);
  return {
    availability,
    events,
    sites: new SiteDirectory(db, availability, spool),
    refusedOrigins,
    salts: dailySalts(db, availability),
    close: async () => {
      await Promise.all([drain?.close(), events.close(), refusedOrigins.close()]);
      availability[Symbol.dispose]();
      spool?.close();
    },
  };
}
