import { log } from "../log.ts";
import type { Availability } from "./availability.ts";
import { Conflict, DatabaseUnavailable, StatementTimeout } from "./database.ts";
import { type NewEvent, storable, type StorableEvent } from "./event_row.ts";
import type { EventStore, RefusedEvent } from "./event_store.ts";
import { type Spool, SpoolBusy } from "./spool.ts";
import { type Place, type Receipt, WriteQueue } from "./write_queue.ts";

/** A group that was written. */
export interface WrittenGroup {
  stored: Place;
  events: number;
  /** From when it was taken from the queue. */
  seconds: number;
}

export interface EventWriterOptions {
  /** Where events go while Postgres is away; without one they are refused with {@linkcode DatabaseUnavailable}. */
  spool?: Spool;
  /** Most groups under way at a time. */
  concurrency: number;
}

// A browser that leaves a page waits no longer; a statement of the largest group takes a fifth of it.
const WRITE_TIMEOUT_MS = 3_000;
// Without a spool a restart of the server should pass unnoticed, rather than ask every client to come again.
const PATIENCE_MS = 3_000;
const FIRST_PAUSE_MS = 50;
// Hosts kill a process some seconds after they asked it to end.
const HURRY_MS = 2_000;
// Each group costs the server and this process something, whatever it holds. So while one is under way, what
// comes waits for the next, unless so many events wait already …
const WORTH_A_GROUP = 100;
// … or the one under way is late: it holds a large request, or waits for a lock.
const LATE_MS = 50;
const COMPLAIN_EVERY_MS = 10_000;

/**
 * Stores events by group commit: whenever a group was written, all that waits goes into one statement, and on its
 * commit every waiter is answered. No timer: a lone event goes at once, and groups grow with the load by themselves.
 *
 * While Postgres is away (see {@linkcode Availability}) the groups go to the spool at once.
 */
export class EventWriter {
  readonly #store: EventStore;
  readonly #availability: Availability;
  readonly #spool: Spool | undefined;
  readonly #concurrency: number;
  readonly #queue = new WriteQueue();
  /** The groups under way, each with what gives it up. */
  readonly #writing = new Map<Promise<void>, (error: DatabaseUnavailable) => void>();
  #begunAt = -Infinity;
  #complainedAt = -Infinity;
  #hurried: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners: ((group: WrittenGroup) => void)[] = [];

  constructor(store: EventStore, availability: Availability, options: EventWriterOptions) {
    this.#store = store;
    this.#availability = availability;
    this.#spool = options.spool;
    this.#concurrency = options.concurrency;
  }

  /** How many events wait or are being written. */
  get pending(): number {
    return this.#queue.events;
  }

  /** `listener` is told of each group that was written. */
  onGroup(listener: (group: WrittenGroup) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Resolves when every event is durable.
   *
   * @throws {QueueFull} If too much waits already
   * @throws {DatabaseUnavailable} If Postgres is away and there is no spool, or none that can be written
   */
  add(events: NewEvent[]): Promise<Receipt> {
    const { promise, resolve, reject } = Promise.withResolvers<Receipt>();
    const waiting = events.map(storable);
    const bytes = waiting.reduce((sum, { json }) => sum + json.length, 0);
    this.#queue.add({ events: waiting, bytes, resolve, reject });
    this.#pump();
    return promise;
  }

  /** Gives Postgres two seconds more for what is under way; the rest is spooled, or given back to its senders. */
  hurry(): void {
    this.#hurried ??= setTimeout(() => {
      const error = new DatabaseUnavailable("The collector is stopping");
      if (this.#writing.size > 0) this.#availability.lost(error);
      for (const giveUp of this.#writing.values()) giveUp(error);
    }, HURRY_MS);
  }

  /** Waits until everything that was added is written, in a hurry. */
  async close(): Promise<void> {
    this.hurry();
    while (this.#writing.size > 0) await Promise.all(this.#writing.keys());
    clearTimeout(this.#hurried);
  }

  #pump(): void {
    while (!this.#queue.isEmpty && this.#mayBegin()) {
      this.#begunAt = performance.now();
      const { promise: givenUp, reject: giveUp } = Promise.withResolvers<never>();
      const writing = this.#write(givenUp).finally(() => {
        this.#writing.delete(writing);
        this.#pump();
      });
      this.#writing.set(writing, giveUp);
    }
  }

  #mayBegin(): boolean {
    if (this.#writing.size === 0) return true;
    const concurrency = this.#availability.absence ? 1 : this.#concurrency;
    return this.#writing.size < concurrency &&
      (this.#queue.waiting >= WORTH_A_GROUP || performance.now() - this.#begunAt >= LATE_MS);
  }

  /** Writes the next group and answers each of its requests; never throws. */
  async #write(givenUp: Promise<never>): Promise<void> {
    // Each commit to the spool waits for the disk, so what arrives in the same moment shares one.
    if (this.#availability.absence) await new Promise((resolve) => setTimeout(resolve));
    const group = this.#queue.take();
    if (group.length === 0) return;
    const events = group.flatMap((queued) => queued.events);
    const started = performance.now();
    try {
      const { stored, refused } = await this.#storeOrSpool(events, givenUp);
      this.#tell({ stored, events: events.length, seconds: (performance.now() - started) / 1000 });
      let start = 0;
      for (const queued of group) {
        const end = start + queued.events.length;
        queued.resolve({
          stored,
          refused: refused
            .filter(({ index }) => index >= start && index < end)
            .map((event) => ({ ...event, index: event.index - start })),
        });
        start = end;
      }
    } catch (error) {
      for (const queued of group) queued.reject(error);
    } finally {
      this.#queue.release(group);
    }
  }

  async #storeOrSpool(events: StorableEvent[], givenUp: Promise<never>): Promise<Receipt> {
    let failure: unknown;
    if (!this.#availability.absence) {
      try {
        const refused = await Promise.race([this.#storePatiently(events), givenUp]);
        return { stored: "postgres", refused };
      } catch (error) {
        failure = error;
        this.#availability.lost(error);
      }
    }
    failure ??= new DatabaseUnavailable(this.#availability.absence!.reason);
    if (!this.#spool) throw failure;
    try {
      await this.#append(this.#spool, events);
    } catch (error) {
      this.#complain(error);
      throw failure instanceof DatabaseUnavailable
        ? failure
        : new DatabaseUnavailable("The spool takes no events");
    }
    return { stored: "spool", refused: [] };
  }

  async #append(spool: Spool, events: StorableEvent[]): Promise<void> {
    const started = performance.now();
    for (;;) {
      try {
        return spool.append(events);
      } catch (error) {
        if (!(error instanceof SpoolBusy) || performance.now() - started > PATIENCE_MS) throw error;
        await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS));
      }
    }
  }

  #complain(error: unknown): void {
    if (performance.now() - this.#complainedAt < COMPLAIN_EVERY_MS) return;
    this.#complainedAt = performance.now();
    log.error("the spool takes no events: they are answered 503", { error });
  }

  async #storePatiently(events: StorableEvent[]): Promise<RefusedEvent[]> {
    const started = performance.now();
    for (let attempt = 1, pause = 0;; attempt++) {
      try {
        // Often only the connection died. Whether the first try has committed, or still will, is not known: the events'
        // ids see to it that they are stored once.
        return await this.#store.store(events, WRITE_TIMEOUT_MS);
      } catch (error) {
        const elapsed = performance.now() - started;
        const mayTryAgain = (error instanceof DatabaseUnavailable || error instanceof Conflict) &&
          !(error instanceof StatementTimeout) &&
          (this.#spool ? attempt === 1 && elapsed < PATIENCE_MS / 3 : elapsed + pause < PATIENCE_MS);
        if (!mayTryAgain) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause));
        pause = Math.max(FIRST_PAUSE_MS, pause * 2);
      }
    }
  }

  #tell(group: WrittenGroup): void {
    for (const listener of this.#listeners) listener(group);
  }
}
