import type { Database } from "../db/database.ts";
import type { EventWriter } from "../db/event_writer.ts";
import { log } from "../log.ts";
import type { Job } from "./jobs.ts";

/** The site of events that nobody did. It is never registered: no page of anybody's has this name. */
export const CANARY_SITE = "footfall-canary";

// What a process that died has left behind is old by then.
const LEFT_BEHIND = "1 hour";

/**
 * One made-up event at a time through the whole way: the writer's queue, `events_log`, the tables. Each run looks for
 * those that have arrived, removes every row of them, and sends the next, so that no figure ever counts them.
 */
export class Canary {
  readonly #db: Database;
  readonly #events: Pick<EventWriter, "add">;
  /** Those under way, oldest first: each in a session of its own, with the time when it was sent. */
  readonly #sent = new Map<string, number>();
  #lastSeconds: number | undefined;

  constructor(db: Database, events: Pick<EventWriter, "add">) {
    this.#db = db;
    this.#events = events;
  }

  /**
   * Seconds that the last one took from its collection until it was in the tables, or the age of the oldest that is
   * still under way, whichever is more; undefined before the first is sent.
   */
  get seconds(): number | undefined {
    const [oldest] = this.#sent.values();
    if (oldest === undefined) return this.#lastSeconds;
    return Math.max(this.#lastSeconds ?? 0, (Date.now() - oldest) / 1000);
  }

  /** @returns how many have arrived since the last run */
  async run(): Promise<number> {
    const arrived = await this.#arrived();
    for (const { sessionId, seconds } of arrived) {
      this.#sent.delete(sessionId);
      this.#lastSeconds = Math.max(0, seconds);
      log.debug("a canary has arrived", { seconds });
    }
    await this.#remove(arrived.map(({ sessionId }) => sessionId));
    await this.#send();
    return arrived.length;
  }

  async #send(): Promise<void> {
    const now = new Date();
    const sessionId = crypto.randomUUID();
    this.#sent.set(sessionId, now.getTime());
    try {
      await this.#events.add([{ row: canary(sessionId, now), agent: null }]);
    } catch (error) {
      // Nobody has promised anything for this one.
      this.#sent.delete(sessionId);
      throw error;
    }
  }

  #arrived(): Promise<{ sessionId: string; seconds: number }[]> {
    return this.#db.query(
      `select raw.session_id as "sessionId", extract(epoch from raw.processed_at - raw.timestamp)::float8 as seconds
       from events_log raw
       join user_events event on event.site_id = raw.site_id and event.session_id = raw.session_id
       where raw.site_id = $1 and raw.session_id = any($2::text[]) and raw.processed_at is not null
       order by raw.timestamp`,
      [CANARY_SITE, [...this.#sent.keys()]],
    );
  }

  /** From every table that knows sites: by its session, or all of the site where the table has no sessions. */
  async #remove(arrived: string[]): Promise<void> {
    await this.#db.transaction(async (tx) => {
      const left = await tx.query<{ sessionId: string }>(
        `select session_id as "sessionId" from user_sessions
         where site_id = $1 and session_start < now() - interval '${LEFT_BEHIND}'`,
        [CANARY_SITE],
      );
      const sessions = [...arrived, ...left.map(({ sessionId }) => sessionId)];
      if (sessions.length === 0) return;
      const tables = await tx.query<{ name: string; hasSessions: boolean }>(TABLES_OF_SITES);
      for (const { name, hasSessions } of tables) {
        await tx.query(
          `delete from ${name} where site_id = $1 ${hasSessions ? "and session_id = any($2::text[])" : ""}`,
          hasSessions ? [CANARY_SITE, sessions] : [CANARY_SITE],
        );
      }
    });
  }
}

const TABLES_OF_SITES = `
  select format('%I', c.relname) as name, bool_or(a.attname = 'session_id') as "hasSessions"
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attname in ('site_id', 'session_id') and not a.attisdropped
  where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and c.relname <> 'sites'
  group by c.oid, c.relname
  having bool_or(a.attname = 'site_id')
  order by c.relname`;

function canary(sessionId: string, now: Date) {
  return {
    event_id: crypto.randomUUID(),
    event_type: "canary",
    session_id: sessionId,
    visitor_id: sessionId,
    site_id: CANARY_SITE,
    timestamp: now.toISOString(),
    url: null,
    path: null,
    user_agent: null,
    ip_address: null,
    raw_event_data: { eventType: "canary", eventData: {} },
    bot: null,
  };
}

/** Runs beside the others where `CANARY=on`: each process watches its own way. */
export const CANARY_JOB: Job = {
  name: "canary",
  schedule: "* * * * *",
  run: async ({ canary }) => canary ? await canary.run() : 0,
};
