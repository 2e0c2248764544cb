import { log } from "../log.ts";
import { DatabaseUnavailable, StatementTimeout } from "./database.ts";
import type { EventWriter } from "./event_writer.ts";
import type { Spool } from "./spool.ts";

// The first is a second's work of a small server, the second what the writer puts into one statement at most.
const BATCH = 1_000;
const BATCH_BYTES = 8 * 1024 * 1024;
const LOOK_EVERY_MS = 1_000;

/** Brings spooled events into Postgres, looking every second whether there are any and whether it is back. */
export class SpoolDrain {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #draining: Promise<number> | undefined;
  #closed = false;

  constructor(readonly spool: Spool, readonly writer: EventWriter) {
    this.#schedule();
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

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.drain().finally(() => this.#schedule()), LOOK_EVERY_MS);
  }

  async #drain(): Promise<number> {
    let restored = 0;
    let limit = BATCH;
    while (!this.#closed) {
      const waiting = this.spool.peek(limit, BATCH_BYTES);
      if (waiting.length === 0) break;
      try {
        // A crash between the two repeats the batch; the events' ids make that harmless.
        const refused = await this.writer.restore(waiting.map(({ event }) => event));
        this.spool.remove(waiting, refused);
        restored += waiting.length;
      } catch (error) {
        if (error instanceof StatementTimeout && waiting.length > 1) {
          // The server is there, but slow: ask less of it.
          log.warn("restoring spooled events took too long, fewer are tried", { events: waiting.length });
          limit = Math.ceil(waiting.length / 2);
          continue;
        }
        if (!(error instanceof DatabaseUnavailable)) log.error("the spool cannot be drained", { error });
        break;
      }
    }
    if (restored > 0) log.info("spooled events are in Postgres", { events: restored });
    return restored;
  }
}
