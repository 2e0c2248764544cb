import { LRUCache } from "lru-cache";
import { log } from "../log.ts";
import { Conflict, type Database, DataError } from "./database.ts";
import type { NewEvent } from "./event_row.ts";
import { ServerClock } from "./server_clock.ts";

/** An event that Postgres can never hold, by its place in what was to be stored. */
export interface RefusedEvent {
  index: number;
  message: string;
}

/** An event with the JSON of its row, which is written once and used for as many tries as it takes. */
export interface StorableEvent extends NewEvent {
  json: string;
}

export interface StoreOptions {
  /** Some of the events may have been stored before, by a try whose end nobody saw. */
  mayBeKnown: boolean;
  /** Longest time of one statement, in milliseconds; afterwards it stores nothing any more. */
  timeout: number;
}

const CONFLICT_RETRIES = 5;

/** Puts events into `events_log`, a group a statement. */
export class EventStore {
  readonly #db: Database;
  readonly #clock = new ServerClock();
  // The user agents that the database is known to have; it need not be told again.
  readonly #storedAgents = new LRUCache<string, true>({ max: 5_000 });

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Commits the events, each once, and answers those that Postgres can never hold: one poisonous event must not fail
   * its neighbours, so a group that fails on a value is halved until the event stands alone.
   *
   * @throws {DatabaseUnavailable} Then what became of the events is not known
   * @throws {Conflict} If others stood in the way five times
   */
  async store(events: StorableEvent[], options: StoreOptions): Promise<RefusedEvent[]> {
    try {
      await this.#insert(events, options);
      return [];
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      if (events.length === 1) {
        log.warn("an event cannot be stored", { eventId: events[0]!.row.event_id, error });
        return [{ index: 0, message: `cannot be stored: ${error.message}` }];
      }
    }
    const middle = Math.ceil(events.length / 2);
    const first = await this.store(events.slice(0, middle), options);
    const second = await this.store(events.slice(middle), options);
    return [...first, ...second.map(({ index, message }) => ({ index: index + middle, message }))];
  }

  /** Whether events could be stored now: stores none. @throws {DatabaseUnavailable} If they could not */
  async probe(timeout: number): Promise<void> {
    await this.#send([], [], [], undefined, timeout);
  }

  async #insert(events: StorableEvent[], { mayBeKnown, timeout }: StoreOptions): Promise<void> {
    const agents = new Map(
      events.flatMap(({ agent }) =>
        agent && !this.#storedAgents.has(agent.user_agent) ? [[agent.user_agent, agent]] : []
      ),
    );
    const doubtful = events.filter((event) => mayBeKnown || event.mayBeKnown).map(({ row }) => row.event_id);
    if (!this.#clock.isKnown) await this.probe(timeout);
    for (let attempt = 1;; attempt++) {
      const deadline = this.#clock.after(timeout);
      try {
        await this.#send(
          events.map((event) => event.json),
          [...agents.values()].map((agent) => JSON.stringify(agent)),
          doubtful,
          deadline,
          timeout,
        );
        break;
      } catch (error) {
        if (!(error instanceof Conflict) || attempt > CONFLICT_RETRIES) throw error;
      }
    }
    for (const agent of agents.keys()) this.#storedAgents.set(agent, true);
  }

  async #send(
    events: string[],
    agents: string[],
    doubtful: string[],
    deadline: Date | undefined,
    timeout: number,
  ): Promise<void> {
    const [row] = await this.#db.query<{ now: Date }>(
      "select store_events($1::jsonb, $2::jsonb, $3::uuid[], $4) as now",
      [`[${events.join(",")}]`, `[${agents.join(",")}]`, doubtful, deadline],
      { timeout },
    );
    this.#clock.heard(row!.now);
  }
}
