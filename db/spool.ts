import { mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import type { DatabaseSync } from "node:sqlite";
import { log } from "../log.ts";
import type { NewEvent, StorableEvent } from "./event_row.ts";

/** A spooled event and its place in the queue. */
export interface SpooledEvent {
  place: number;
  event: NewEvent;
}

/** An event that Postgres has refused, or a line that is none. */
export interface RefusedEntry {
  place: number;
  reason: string;
}

/** Somebody else is writing to the file; try again in a moment. */
export class SpoolBusy extends Error {
  override name = "SpoolBusy";
}

// A file that grew larger is given back to the disk once it is empty.
const KEPT_BYTES = 16 * 1024 ** 2;
// Every call keeps the whole process waiting.
const BUSY_TIMEOUT_MS = 100;
const OPEN_TIMEOUT_MS = 5_000;

// SQLite's own words (sqlite3_errstr): not every call of node:sqlite hands its result code on.
const BUSY = /^database is locked/;
const DAMAGED = /^(file is not a database|database disk image is malformed)/;

// The log is synced on every commit, and small beside the file.
const SCHEMA = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma wal_autocheckpoint = 256;
  pragma journal_size_limit = 1048576;
  create table if not exists events (place integer primary key autoincrement, event text not null, spooled_at text not null);
  create table if not exists refused (place integer primary key, event text not null, reason text not null, refused_at text not null);
  create table if not exists notes (name text primary key, note text not null);
  pragma busy_timeout = ${BUSY_TIMEOUT_MS};
`;

/**
 * Events on disk while Postgres is away: a SQLite file, in the order in which they came. What `append` returned from
 * survives the process and the machine (write-ahead log, synced on every commit). Events that Postgres refused when
 * they were restored are kept in the table `refused`, with the reason, for a person to look at. Several processes may
 * share a file.
 */
export class Spool {
  #sqlite: DatabaseSync;
  #inode: number;
  /** What is done with, and may still be in the file: a full disk takes no deletion either. */
  #done: { upTo: number; refused: RefusedEntry[] } = { upTo: 0, refused: [] };

  /**
   * @param path the file; made with its folders where it is missing, put aside where it is no spool
   * @param maxBytes what it may grow to; then `append` throws
   */
  constructor(readonly path: string, readonly maxBytes: number) {
    mkdirSync(dirname(path), { recursive: true });
    this.#sqlite = this.#openOrPutAside();
    this.#inode = statSync(path).ino;
  }

  /** How many events wait. */
  get size(): number {
    // Counting would read the whole file. Places have gaps at the front, and where a visitor was erased: then this is the
    // most that may wait, until those places are passed.
    const range = this.#get(
      "select (select min(place) from events) as first, (select max(place) from events) as last",
    );
    if (typeof range?.last !== "number") return 0;
    return range.last - Math.max(Number(range.first) - 1, this.#done.upTo);
  }

  /** How much of the file holds events. */
  get bytes(): number {
    return (this.#number("page_count") - this.#number("freelist_count")) * this.#number("page_size");
  }

  /** How many events are set aside. */
  get refused(): number {
    return Number(this.#get("select count(*) as refused from refused")?.refused);
  }

  /** When the oldest waiting event came; undefined when none waits. */
  get oldest(): Date | undefined {
    const at = this.#get("select spooled_at from events order by place limit 1")?.spooled_at;
    return typeof at === "string" ? new Date(at) : undefined;
  }

  /**
   * Keeps events; they are on disk when it returns.
   *
   * @throws {SpoolBusy | Error} If another process is writing, or the disk refuses: nothing is kept then
   */
  append(events: StorableEvent[]): void {
    if (!this.#isInPlace()) this.#replace();
    this.#insert(events.map(({ json, agent }) => `{"row":${json},"agent":${JSON.stringify(agent)}}`));
  }

  /**
   * The oldest events: at most `limit`, and at most `bytes` of them together, but one at least; and among them the
   * lines that are no events.
   */
  peek(limit: number, bytes: number): { waiting: SpooledEvent[]; unreadable: RefusedEntry[] } {
    const waiting: SpooledEvent[] = [];
    const unreadable: RefusedEntry[] = [];
    const sql = "select place, event from events where place > ? order by place limit ?";
    for (const row of this.#sqlite.prepare(sql).iterate(this.#done.upTo, limit)) {
      const json = String(row.event);
      bytes -= json.length;
      if (bytes < 0 && waiting.length + unreadable.length > 0) break;
      const place = Number(row.place);
      const event = readEvent(json);
      if (event) waiting.push({ place, event });
      else unreadable.push({ place, reason: "the line is no event" });
    }
    return { waiting, unreadable };
  }

  /**
   * Forgets the events up to a place, and sets aside those among them that are refused.
   *
   * @throws {SpoolBusy | Error} As `append`. Then they are forgotten for this process, and in the file with the next
   * call that succeeds
   */
  forget(upTo: number, refused: RefusedEntry[]): void {
    this.#done = { upTo, refused: [...this.#done.refused, ...refused] };
    this.#inTransaction(() => {
      const setAside = this.#sqlite.prepare(
        "insert or replace into refused select place, event, ?, ? from events where place = ?",
      );
      for (const { place, reason } of this.#done.refused) {
        setAside.run(reason, new Date().toISOString(), place);
      }
      this.#sqlite.prepare("delete from events where place <= ?").run(upTo);
    });
    this.#done.refused = [];
  }

  /** Keeps what the next process should know although the database is away. */
  note(name: string, note: unknown): void {
    this.#sqlite.prepare("insert or replace into notes values (?, ?)").run(name, JSON.stringify(note));
  }

  /** What was noted last, by whichever process; undefined where nothing was. */
  noted(name: string): unknown {
    const row = this.#get("select note from notes where name = ?", name);
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

  #openOrPutAside(): DatabaseSync {
    try {
      return this.#open();
    } catch (error) {
      if (!DAMAGED.test((error as Error).message)) throw error;
      const aside = `${this.path}.corrupt-${Date.now()}`;
      renameSync(this.path, aside);
      log.error("the spool is damaged: it was put aside, and a new one begun", { path: aside, error });
      return this.#open();
    }
  }

  #open(): DatabaseSync {
    // Asked for, not imported: Node has it since version 22 only.
    const builtin = process.getBuiltinModule("node:sqlite");
    if (!builtin) throw new Error("This runtime has no node:sqlite");
    const sqlite = new builtin.DatabaseSync(this.path, { timeout: OPEN_TIMEOUT_MS });
    // Two processes that make the file together wait for each other here; switching to the log itself does not wait.
    for (let attempt = 1;; attempt++) {
      try {
        sqlite.exec(SCHEMA);
        break;
      } catch (error) {
        if (!isBusy(error) || attempt === 100) {
          sqlite.close();
          throw error;
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      }
    }
    const pageSize = Number(Object.values(sqlite.prepare("pragma page_size").get()!)[0]);
    sqlite.exec(`pragma max_page_count = ${Math.floor(this.maxBytes / pageSize)}`);
    return sqlite;
  }

  /** Whether the open file is the one that the next process will find. */
  #isInPlace(): boolean {
    return statSync(this.path, { throwIfNoEntry: false })?.ino === this.#inode;
  }

  /** Somebody has deleted the file: what it held, and we still have open, goes into a new one. */
  #replace(): void {
    log.error("the spool's file is gone from its place: it is written anew", { path: this.path });
    const gone = this.#sqlite;
    mkdirSync(dirname(this.path), { recursive: true });
    this.#sqlite = this.#open();
    this.#inode = statSync(this.path).ino;
    const left = gone.prepare("select event from events where place > ? order by place").all(this.#done.upTo);
    // Places begin anew.
    this.#done = { upTo: 0, refused: [] };
    this.#insert(left.map(({ event }) => String(event)));
    gone.close();
  }

  #insert(events: string[]): void {
    const now = new Date().toISOString();
    this.#inTransaction(() => {
      const insert = this.#sqlite.prepare("insert into events (event, spooled_at) values (?, ?)");
      for (const event of events) insert.run(event, now);
    });
  }

  #get(sql: string, ...params: string[]): Record<string, unknown> | undefined {
    return this.#sqlite.prepare(sql).get(...params);
  }

  #number(pragma: "page_size" | "page_count" | "freelist_count"): number {
    return Number(Object.values(this.#get(`pragma ${pragma}`) ?? {})[0]);
  }

  #inTransaction(work: () => void): void {
    try {
      this.#sqlite.exec("begin immediate");
      work();
      this.#sqlite.exec("commit");
    } catch (error) {
      // A full disk ends the transaction by itself (https://www.sqlite.org/lang_transaction.html).
      if (this.#sqlite.isTransaction) this.#sqlite.exec("rollback");
      throw isBusy(error)
        ? new SpoolBusy("Another process is writing to the spool", { cause: error })
        : error;
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && BUSY.test(error.message);
}

function readEvent(json: string): NewEvent | undefined {
  try {
    const event = JSON.parse(json);
    return typeof event?.row?.event_id === "string" ? event : undefined;
  } catch {
    return undefined;
  }
}
