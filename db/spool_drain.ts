import { log } from "../log.ts";
import type { Availability } from "./availability.ts";
import { Conflict, DatabaseUnavailable, StatementTimeout } from "./database.ts";
import type { EventStore, RefusedEvent, StorableEvent } from "./event_store.ts";
import type { Spool, SpooledEvent } from "./spool.ts";

// The first is a second's work of a small server, the second what the writer puts into one statement at most.
const BATCH = 1_000;
const BATCH_BYTES = 8 * 1024 * 1024;
const LOOK_EVERY_MS = 1_000;
// Nobody waits for the answer, and a server that has just come back is slow.
const RESTORE_TIMEOUT_MS = 15_000;

/** Brings spooled events into Postgres in the order in which they came, as soon as it is back. */
export class SpoolDrain {
  readonly #spool: Spool;
  readonly #store: EventStore;
  readonly #availability: Availability;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #draining: Promise<number> | undefined;
  #closed = false;

  constructor(spool: Spool, store: EventStore, availability: Availability) {
    this.#spool = spool;
    this.#store = store;
    this.#availability = availability;
    availability.onReturn(() => void this.drain());
    // What an earlier process left, or another one that shares the file.
    this.#lookLater(0);
  }

  /** Restores everything that waits, or as much as it can before Postgres is away again. Answers how many. */
  drain(): Promise<number> {
    return this.#draining ??= this.#drain().finally(() => this.#draining = undefined);
  }

  /** Stops looking, after the batch that is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#draining;
  }

  #lookLater(milliseconds: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      const drained = this.#availability.absence ? Promise.resolve(0) : this.drain();
      void drained.finally(() => this.#lookLater(LOOK_EVERY_MS));
    }, milliseconds);
  }

  async #drain(): Promise<number> {
    let restored = 0;
    let limit = BATCH;
    while (!this.#closed) {
      const waiting = this.#spool.peek(limit, BATCH_BYTES);
      if (waiting.length === 0) break;
      try {
        // A crash between the two repeats the batch; the events' ids make that harmless.
        const refused = await this.#restore(waiting);
        this.#spool.remove(waiting, refused);
        restored += waiting.length;
        limit = Math.min(BATCH, limit * 2);
      } catch (error) {
        // The server is there, but slow, or stumbles over one of them: ask less of it.
        const isThere = error instanceof StatementTimeout || !(error instanceof DatabaseUnavailable);
        if (isThere && waiting.length > 1) {
          log.warn("restoring spooled events failed, fewer are tried", { events: waiting.length, error });
          limit = Math.ceil(waiting.length / 2);
        } else if (isThere && await this.#isAtFault(waiting[0]!, error)) {
          this.#spool.remove(waiting, [{ index: 0, message: (error as Error).message }]);
        } else {
          this.#availability.lost(error);
          break;
        }
      }
    }
    if (restored > 0) {
      log.info("spooled events are in Postgres", { events: restored });
      if (this.#spool.size === 0) this.#spool.shrink();
    }
    return restored;
  }

  /** Whether the event, rather than the server, is why it could not be restored: then it must not block the rest. */
  async #isAtFault({ event }: SpooledEvent, error: unknown): Promise<boolean> {
    if (error instanceof StatementTimeout || error instanceof Conflict) return false;
    try {
      await this.#store.probe(RESTORE_TIMEOUT_MS);
    } catch {
      return false;
    }
    log.error("a spooled event cannot be restored and is set aside", { eventId: event.row.event_id, error });
    return true;
  }

  #restore(waiting: SpooledEvent[]): Promise<RefusedEvent[]> {
    const events = waiting.map(({ event }): StorableEvent => ({ ...event, json: JSON.stringify(event.row) }));
    return this.#store.store(events, { mayBeKnown: true, timeout: RESTORE_TIMEOUT_MS });
  }
}
