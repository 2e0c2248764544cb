import { LRUCache } from "lru-cache";
import { log } from "../log.ts";
import { Conflict, type Database, DatabaseUnavailable, DataError } from "./database.ts";
import type { NewEvent } from "./event_row.ts";
import type { Spool } from "./spool.ts";

/** What became of the events of one {@linkcode EventWriter.add}. */
export interface Receipt {
  /** Where they are durable: committed in Postgres, or on disk until it is back. */
  stored: "postgres" | "spool";
  /** Events that Postgres can never hold, by their place in what was added. */
  refused: { index: number; message: string }[];
}

export interface EventWriterOptions {
  /** Where events go while Postgres is away; without one they are refused with {@linkcode DatabaseUnavailable}. */
  spool?: Spool;
  /** Most groups under way at a time; all but one of the database's connections. */
  concurrency?: number;
}

/** No room: the events were not taken. Try again in a moment. */
export class QueueFull extends Error {
  override name = "QueueFull";
}

interface Entry {
  events: NewEvent[];
  bytes: number;
  resolve(receipt: Receipt): void;
  reject(error: unknown): void;
}

// What may wait in memory: some seconds of a heavy load, and a bounded share of a small machine.
const QUEUE_EVENTS = 20_000;
const QUEUE_BYTES = 64 * 1024 * 1024;
// What goes into one statement: past this a group's latency grows, and its throughput does not.
const GROUP_EVENTS = 5_000;
const GROUP_BYTES = 8 * 1024 * 1024;
const CONFLICT_RETRIES = 5;

/**
 * Stores events by group commit: whenever a connection is free, all that waits goes into one statement, and on its
 * commit every waiter is answered. No timer: a lone event goes at once, and groups grow with the load by themselves.
 */
export class EventWriter {
  readonly #db: Database;
  readonly #spool: Spool | undefined;
  readonly #concurrency: number;
  readonly #queue: Entry[] = [];
  readonly #writing = new Set<Promise<void>>();
  // The user agents that the database is known to have; it need not be told again.
  readonly #storedAgents = new LRUCache<string, true>({ max: 5_000 });
  #events = 0;
  #bytes = 0;

  constructor(db: Database, options: EventWriterOptions = {}) {
    this.#db = db;
    this.#spool = options.spool;
    this.#concurrency = options.concurrency ?? Math.max(1, db.connections - 1);
  }

  /** How many events wait or are being written. */
  get pending(): number {
    return this.#events;
  }

  /**
   * Resolves when every event is durable.
   *
   * @throws {QueueFull} If too much waits already
   * @throws {DatabaseUnavailable} If Postgres is away and there is no spool
   */
  add(events: NewEvent[]): Promise<Receipt> {
    const bytes = events.reduce((sum, event) => sum + JSON.stringify(event.row).length, 0);
    if (this.#events + events.length > QUEUE_EVENTS || this.#bytes + bytes > QUEUE_BYTES) {
      return Promise.reject(new QueueFull(`${this.#events} events wait to be written`));
    }
    this.#events += events.length;
    this.#bytes += bytes;
    return new Promise<Receipt>((resolve, reject) => {
      this.#queue.push({ events, bytes, resolve, reject });
      this.#pump();
    });
  }

  /** Waits until everything that was added is written. */
  async close(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing);
  }

  /** Stores events that the spool has kept. Answers those that Postgres can never hold. @throws {DatabaseUnavailable} */
  async restore(events: NewEvent[]): Promise<Receipt["refused"]> {
    return await this.#store(events, true);
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#writing.size < this.#concurrency) {
      const group = this.#takeGroup();
      const writing = this.#write(group).finally(() => {
        this.#writing.delete(writing);
        this.#pump();
      });
      this.#writing.add(writing);
    }
  }

  #takeGroup(): Entry[] {
    let events = 0;
    let bytes = 0;
    const end = this.#queue.findIndex((entry) => {
      events += entry.events.length;
      bytes += entry.bytes;
      return events > GROUP_EVENTS || bytes > GROUP_BYTES;
    });
    return this.#queue.splice(0, end === -1 ? this.#queue.length : Math.max(1, end));
  }

  /** Writes a group and answers each of its entries; never throws. */
  async #write(group: Entry[]): Promise<void> {
    const events = group.flatMap((entry) => entry.events);
    try {
      const { stored, refused } = await this.#storeOrSpool(events);
      let start = 0;
      for (const entry of group) {
        const end = start + entry.events.length;
        entry.resolve({
          stored,
          refused: refused
            .filter(({ index }) => index >= start && index < end)
            .map(({ index, message }) => ({ index: index - start, message })),
        });
        start = end;
      }
    } catch (error) {
      for (const entry of group) entry.reject(error);
    } finally {
      this.#events -= events.length;
      this.#bytes -= group.reduce((sum, entry) => sum + entry.bytes, 0);
    }
  }

  async #storeOrSpool(events: NewEvent[]): Promise<Receipt> {
    try {
      return { stored: "postgres", refused: await this.#storeWithRetry(events) };
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || !this.#spool) throw error;
      log.warn("Postgres is away, events go to the spool", { events: events.length, error });
      try {
        this.#spool.append(events);
      } catch (spoolError) {
        log.error("the spool cannot be written", { error: spoolError });
        throw error;
      }
      return { stored: "spool", refused: [] };
    }
  }

  async #storeWithRetry(events: NewEvent[]): Promise<Receipt["refused"]> {
    try {
      return await this.#store(events, false);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      // Often it was only the connection that died; whether it had committed is unknown, so look for our rows.
      return await this.#store(events, true);
    }
  }

  async #store(events: NewEvent[], mayBeKnown: boolean): Promise<Receipt["refused"]> {
    const agents = new Map(
      events.flatMap(({ agent }) =>
        agent && !this.#storedAgents.has(agent.user_agent) ? [[agent.user_agent, agent]] : []
      ),
    );
    const params = [
      JSON.stringify(events.map((event) => event.row)),
      JSON.stringify([...agents.values()]),
      mayBeKnown || events.some((event) => event.mayBeKnown),
    ];
    for (let attempt = 0;; attempt++) {
      try {
        await this.#db.query("select store_events($1::json, $2::json, $3)", params);
        break;
      } catch (error) {
        if (error instanceof DataError) return await this.#split(events, mayBeKnown, error);
        if (!(error instanceof Conflict) || attempt === CONFLICT_RETRIES) throw error;
      }
    }
    for (const agent of agents.keys()) this.#storedAgents.set(agent, true);
    return [];
  }

  /** One poisonous event must not fail its neighbours: halves the group until it stands alone. */
  async #split(events: NewEvent[], mayBeKnown: boolean, error: DataError): Promise<Receipt["refused"]> {
    if (events.length === 1) {
      log.warn("an event cannot be stored", { eventId: events[0]!.row.event_id, error });
      return [{ index: 0, message: `cannot be stored: ${error.message}` }];
    }
    const middle = Math.ceil(events.length / 2);
    const first = await this.#store(events.slice(0, middle), mayBeKnown);
    const second = await this.#store(events.slice(middle), mayBeKnown);
    return [...first, ...second.map(({ index, message }) => ({ index: index + middle, message }))];
  }
}
