import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { NewEvent } from "./event_row.ts";

/** A spooled event and its place in the queue. */
export interface SpooledEvent {
  place: number;
  event: NewEvent;
}

// A file that grew larger is given back to the disk once it is empty.
const KEPT_BYTES = 16 * 1024 ** 2;

/**
 * Events on disk while Postgres is away: a SQLite file, in the order in which they came. What `append` returned from
 * survives the process and the machine (write-ahead log, synced on every commit). Events that Postgres refused when
 * they were restored are kept in the table `refused`, with the reason, for a person to look at. Several processes may
 * share a file.
 */
export class Spool {
  readonly #sqlite: DatabaseSync;
  readonly #insert: StatementSync;

  /**
   * @param path the file; made with its folders where it is missing
   * @param maxBytes what it may grow to; then `append` throws
   */
  constructor(readonly path: string, maxBytes: number) {
    mkdirSync(dirname(path), { recursive: true });
    this.#sqlite = new DatabaseSync(path);
    this.#sqlite.exec(`
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma busy_timeout = 5000;
      create table if not exists events (place integer primary key autoincrement, event text not null, spooled_at text not null);
      create table if not exists notes (name text primary key, note text not null);
      create table if not exists refused (place integer primary key, event text not null, reason text not null, refused_at text not null);
    `);
    this.#sqlite.exec(`pragma max_page_count = ${Math.floor(maxBytes / this.#number("page_size"))}`);
    this.#insert = this.#sqlite.prepare("insert into events (event, spooled_at) values (?, ?)");
  }

  /** How many events wait. */
  get size(): number {
    // Places have no gaps but at the front. Counting would read the whole file.
    const sql = "select (select max(place) from events) - (select min(place) from events) + 1 as size";
    return Number(this.#sqlite.prepare(sql).get()?.size ?? 0);
  }

  /** How much of the file holds events. */
  get bytes(): number {
    return (this.#number("page_count") - this.#number("freelist_count")) * this.#number("page_size");
  }

  /** How many events are set aside. */
  get refused(): number {
    return Number(this.#sqlite.prepare("select count(*) as refused from refused").get()?.refused);
  }

  /** When the oldest waiting event came; undefined when none waits. */
  get oldest(): Date | undefined {
    const at = this.#sqlite.prepare("select spooled_at from events order by place limit 1").get()?.spooled_at;
    return typeof at === "string" ? new Date(at) : undefined;
  }

  /** Keeps events; they are on disk when it returns. @throws {Error} If the disk refuses: nothing is kept then */
  append(events: NewEvent[]): void {
    const now = new Date().toISOString();
    this.#inTransaction(() => {
      for (const event of events) this.#insert.run(JSON.stringify(event), now);
    });
  }

  /** The oldest events: at most `limit`, and at most `bytes` of them together, but one at least. */
  peek(limit: number, bytes: number): SpooledEvent[] {
    const waiting: SpooledEvent[] = [];
    const rows = this.#sqlite.prepare("select place, event from events order by place limit ?").iterate(
      limit,
    );
    for (const row of rows) {
      const json = String(row.event);
      bytes -= json.length;
      if (bytes < 0 && waiting.length > 0) break;
      waiting.push({ place: Number(row.place), event: JSON.parse(json) });
    }
    return waiting;
  }

  /** Forgets restored events, and sets aside those among them that Postgres refused. */
  remove(restored: SpooledEvent[], refused: { index: number; message: string }[]): void {
    this.#inTransaction(() => {
      for (const { index, message } of refused) {
        const { place, event } = restored[index]!;
        this.#sqlite.prepare("insert or replace into refused values (?, ?, ?, ?)")
          .run(place, JSON.stringify(event), message, new Date().toISOString());
      }
      const forget = this.#sqlite.prepare("delete from events where place = ?");
      for (const { place } of restored) forget.run(place);
    });
  }

  /** Keeps what the next process should know although the database is away. */
  note(name: string, note: unknown): void {
    this.#sqlite.prepare("insert or replace into notes values (?, ?)").run(name, JSON.stringify(note));
  }

  /** What was noted last, by whichever process; undefined where nothing was. */
  noted(name: string): unknown {
    const row = this.#sqlite.prepare("select note from notes where name = ?").get(name);
    return row === undefined ? undefined : JSON.parse(String(row.note));
  }

  /** Gives the file's room back to the disk where that is worth it. Quick only while the spool is empty. */
  shrink(): void {
    if (this.#number("page_count") * this.#number("page_size") <= KEPT_BYTES) return;
    this.#sqlite.exec("vacuum; pragma wal_checkpoint(truncate)");
  }

  close(): void {
    this.#sqlite.close();
  }

  #number(pragma: "page_size" | "page_count" | "freelist_count"): number {
    return Number(Object.values(this.#sqlite.prepare(`pragma ${pragma}`).get() ?? {})[0]);
  }

  #inTransaction(work: () => void): void {
    this.#sqlite.exec("begin immediate");
    try {
      work();
      this.#sqlite.exec("commit");
    } catch (error) {
      // A full disk ends the transaction by itself (https://www.sqlite.org/lang_transaction.html).
      if (this.#sqlite.isTransaction) this.#sqlite.exec("rollback");
      throw error;
    }
  }
}
