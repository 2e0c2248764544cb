import { LRUCache } from "lru-cache";
import { log } from "../log.ts";
import { type Asked, Conflict, DataError } from "./database.ts";
import type { AgentRow, StorableEvent } from "./event_row.ts";

/** An event that Postgres can never hold, by its place in what was to be stored. */
export interface RefusedEvent {
  index: number;
  /** For the sender. */
  message: string;
  /** The server's own message, for the log only. */
  reason: string;
}

const NOT_UNICODE = "cannot be stored: a text has a character that the database cannot hold";
// By the SQLSTATE or its class, https://www.postgresql.org/docs/current/errcodes-appendix.html.
const REFUSALS: Readonly<Record<string, string>> = {
  "22001": "cannot be stored: a text is too long",
  "22003": "cannot be stored: a number is too large",
  "22008": "cannot be stored: a time is out of range",
  "22021": NOT_UNICODE,
  "22P05": NOT_UNICODE,
  "54": "cannot be stored: it is too large or too deep",
};

const CONFLICT_RETRIES = 5;

/** Puts events into `events_log`, a group a statement. */
export class EventStore {
  readonly #db: Asked;
  // The user agents that the database is known to have; it need not be told again.
  readonly #storedAgents = new LRUCache<string, true>({ max: 5_000 });

  constructor(db: Asked) {
    this.#db = db;
  }

  /**
   * Commits the events, each once however often it is stored, and answers those that Postgres can never hold: one poisonous event must not fail
   * its neighbours, so a group that fails on a value is halved until the event stands alone.
   *
   * @param timeout longest time of one statement, in milliseconds
   * @throws {DatabaseUnavailable} Then what became of the events is not known
   * @throws {Conflict} If others stood in the way five times
   */
  async store(events: StorableEvent[], timeout: number): Promise<RefusedEvent[]> {
    try {
      await this.#insert(events, timeout);
      return [];
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      if (events.length === 1) {
        log.warn("an event cannot be stored", { eventId: events[0]!.id, error });
        const message = REFUSALS[error.code] ?? REFUSALS[error.code.slice(0, 2)] ??
          "cannot be stored: a value is not one that the database can hold";
        return [{ index: 0, message, reason: `cannot be stored: ${error.message}` }];
      }
    }
    const middle = Math.ceil(events.length / 2);
    const first = await this.store(events.slice(0, middle), timeout);
    const second = await this.store(events.slice(middle), timeout);
    return [...first, ...second.map((refused) => ({ ...refused, index: refused.index + middle }))];
  }

  /** Whether events could be stored now: stores none. @throws {DatabaseUnavailable} If they could not */
  async probe(timeout: number): Promise<void> {
    await this.#send([], [], timeout);
  }

  async #insert(events: StorableEvent[], timeout: number): Promise<void> {
    const agents = new Map(
      events.flatMap(({ agent }) =>
        agent && !this.#storedAgents.has(agent.user_agent) ? [[agent.user_agent, agent]] : []
      ),
    );
    for (let attempt = 1;; attempt++) {
      try {
        await this.#send(events, [...agents.values()], timeout);
        break;
      } catch (error) {
        if (!(error instanceof Conflict) || attempt > CONFLICT_RETRIES) throw error;
      }
    }
    for (const agent of agents.keys()) this.#storedAgents.set(agent, true);
  }

  async #send(events: StorableEvent[], agents: AgentRow[], timeout: number): Promise<void> {
    await this.#db.query("select store_events($1::jsonb, $2::jsonb, $3::uuid[])", [
      arrayOf(events.map(({ json }) => json)),
      JSON.stringify(agents),
      events.map(({ id }) => id),
    ], { timeout });
  }
}

/** The JSON of an array of such texts. In one piece: a text put together by `+` is copied once more when it is sent. */
function arrayOf(texts: string[]): string {
  const last = texts.length - 1;
  if (last < 0) return "[]";
  texts[0] = `[${texts[0]}`;
  texts[last] = `${texts[last]}]`;
  return texts.join(",");
}
