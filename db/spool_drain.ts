import { log } from "../log.ts";
import type { Availability } from "./availability.ts";
import { Conflict, DatabaseUnavailable, StatementTimeout } from "./database.ts";
import { storable } from "./event_row.ts";
import type { EventStore, RefusedEvent } from "./event_store.ts";
import type { RefusedEntry, Spool, SpooledEvent } from "./spool.ts";

// The first is a second's work of a small server, the second what the writer puts into one statement at most.
const BATCH = 1_000;
const BATCH_BYTES = 8 * 1024 * 1024;
const LOOK_EVERY_MS = 1_000;
// Nobody waits for the answer, and a server that has just come back is slow.
const RESTORE_TIMEOUT_MS = 15_000;
const COMPLAIN_EVERY_MS = 60_000;

type Refusal = Pick<RefusedEvent, "index" | "reason">;

/** Brings spooled events into Postgres in the order in which they came, as soon as it is back. */
export class SpoolDrain {
  readonly #spool: Spool;
  readonly #store: EventStore;
  readonly #availability: Availability;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #draining: Promise<void> | undefined;
  #closed = false;
  #complainedAt = -Infinity;

  constructor(spool: Spool, store: EventStore, availability: Availability) {
    this.#spool = spool;
    this.#store = store;
    this.#availability = availability;
    availability.onReturn(() => void this.drain());
    // What an earlier process left, or another one that shares the file.
    this.#lookLater(0);
  }

  /** Restores everything that waits, or as much as it can before Postgres is away again. Never throws. */
  drain(): Promise<void> {
    return this.#draining ??= this.#drain()
      .catch((error) => this.#complain(error))
      .finally(() => this.#draining = undefined);
  }

  /** Stops looking, after the batch that is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#draining;
  }

  #lookLater(milliseconds: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(async () => {
      if (!this.#availability.absence) await this.drain();
      this.#lookLater(LOOK_EVERY_MS);
    }, milliseconds);
  }

  async #drain(): Promise<void> {
    let restored = 0;
    let limit = BATCH;
    while (!this.#closed) {
      const { waiting, unreadable } = this.#spool.peek(limit, BATCH_BYTES);
      if (waiting.length + unreadable.length === 0) break;
      const outcome = await this.#restore(waiting);
      if (outcome === "away") break;
      if (outcome === "fewer") {
        limit = Math.ceil(waiting.length / 2);
        continue;
      }
      restored += waiting.length;
      limit = Math.min(BATCH, limit * 2);
      const refused = outcome.map(({ index, reason }) => ({ place: waiting[index]!.place, reason }));
      this.#forget(Math.max(...[...waiting, ...unreadable].map(({ place }) => place)), [
        ...refused,
        ...unreadable,
      ]);
    }
    if (restored === 0) return;
    log.info("spooled events are in Postgres", { events: restored });
    if (this.#spool.size === 0) this.#spool.shrink();
  }

  /** A crash before it repeats the batch; the events' ids make that harmless. */
  #forget(upTo: number, refused: RefusedEntry[]): void {
    try {
      this.#spool.forget(upTo, refused);
    } catch (error) {
      this.#complain(error);
    }
  }

  /** Answers the events that Postgres refuses for ever; or that it is away, or should be asked for less. */
  async #restore(waiting: SpooledEvent[]): Promise<Refusal[] | "away" | "fewer"> {
    try {
      const events = waiting.map(({ event }) => storable(event));
      return events.length === 0 ? [] : await this.#store.store(events, RESTORE_TIMEOUT_MS);
    } catch (error) {
      // The server is there, but slow, or stumbles over one of them.
      const isThere = error instanceof StatementTimeout || !(error instanceof DatabaseUnavailable);
      if (isThere && waiting.length > 1) {
        log.warn("restoring spooled events failed, fewer are tried", { events: waiting.length, error });
        return "fewer";
      }
      if (isThere && await this.#isAtFault(waiting[0]!, error)) {
        return [{ index: 0, reason: (error as Error).message }];
      }
      this.#availability.lost(error);
      return "away";
    }
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

  /** The spool's disk is full, say. What is restored stays in its file for now; nothing is lost by that. */
  #complain(error: unknown): void {
    if (performance.now() - this.#complainedAt < COMPLAIN_EVERY_MS) return;
    this.#complainedAt = performance.now();
    log.error("the spool cannot be emptied; trying on", { path: this.#spool.path, error });
  }
}
