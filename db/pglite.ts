import { AsyncLocalStorage } from "node:async_hooks";
import { mkdtemp, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PGlite, type Transaction } from "@electric-sql/pglite";
import {
  type Database,
  DatabaseUnavailable,
  type PoolCounts,
  type Queryable,
  type Table,
} from "./database.ts";
import { type DirectoryLock, lockDirectory } from "./directory_lock.ts";
import { SET_SESSION } from "./session.ts";
import { classifyError } from "./sqlstate.ts";
import { formatParameter, valueParsers } from "./types.ts";

// Parameters arrive as the text that Postgres reads; PGlite would write them once more, and refuse text for a
// boolean.
const AS_TEXT: Record<number, (value: string) => string> = new Proxy({}, {
  get: () => (value: string) => value,
});

/**
 * The embedded Postgres, in this process. It has one connection, so statements and transactions wait for each
 * other, and no autovacuum, so whoever moves many rows runs `vacuum` and `analyze`. A statement cannot be
 * interrupted: it runs on this thread, so `statementTimeout` has no effect.
 *
 * @param directory where it is kept (made, with its parents, where it is missing), or `memory`. What was
 * committed survives the process, however that ends; PGlite does not fsync, so it need not survive the
 * machine
 * @throws {Error} If another process, which it names, has the directory open
 */
export async function openPglite(directory: string): Promise<Database> {
  if (directory === "memory") return new PgliteDatabase(await create());
  const lock = await lockDirectory(directory);
  try {
    return new PgliteDatabase(await create(lock.directory), lock);
  } catch (error) {
    lock.release();
    throw new Error(`Cannot open the database in ${lock.directory}: ${fileReason(error)}`, { cause: error });
  }
}

const FULL_DISK = 51;

/** What the files under PGlite throw is no Error, and has a number only (WASI's). */
function fileReason(error: unknown): string {
  const { errno, message } = error as { errno?: number; message?: string };
  if (errno === FULL_DISK) return "the disk is full";
  return message || `error ${errno ?? String(error)} of the file system`;
}

/** The whole embedded database as a gzipped tar, for {@linkcode restorePglite}. @throws {TypeError} If it is another one */
export async function backUpPglite(db: Database): Promise<Blob> {
  if (!(db instanceof PgliteDatabase)) {
    throw new TypeError("Cannot back up: this is no embedded database; for Postgres there is pg_dump");
  }
  return await db.dump();
}

/**
 * Puts a backup in the place of the embedded database in `directory`, once it has proved to be one.
 *
 * @returns where what was there before is now; undefined where there was nothing
 * @throws {Error} If the directory is open elsewhere, or the archive is no backup; nothing has changed then
 */
export async function restorePglite(directory: string, archive: Blob): Promise<string | undefined> {
  const lock = await lockDirectory(directory);
  const unfinished = await mkdtemp(join(dirname(lock.directory), "restoring-"));
  try {
    await proveBackup(unfinished, archive);
    const isEmpty = (await readdir(lock.directory)).length === 0;
    if (isEmpty) {
      await rename(unfinished, lock.directory);
      return undefined;
    }
    const before = `${lock.directory}-before-${new Date().toISOString().replaceAll(":", "-")}`;
    await rename(lock.directory, before);
    await rename(unfinished, lock.directory);
    return before;
  } finally {
    await rm(unfinished, { recursive: true, force: true }); // it is in its place
    await rmdir(lock.directory).catch(() => {}); // unless it is still empty
    lock.release();
  }
}

async function proveBackup(directory: string, archive: Blob): Promise<void> {
  let restored: PGlite | undefined;
  try {
    restored = await PGlite.create({ dataDir: directory, loadDataDir: archive });
    await restored.query("select from schema_migrations");
  } catch (error) {
    throw new Error("Cannot restore: the file is no backup of an embedded database", { cause: error });
  } finally {
    await restored?.close();
  }
}

async function create(dataDir?: string): Promise<PGlite> {
  const pglite = await PGlite.create({ dataDir, parsers: Object.fromEntries(valueParsers) });
  await pglite.exec(SET_SESSION);
  return pglite;
}

class PgliteDatabase implements Database {
  readonly connections = 1;
  readonly #pglite: PGlite;
  readonly #lock: DirectoryLock | undefined;
  /** The transaction that the running code is part of. */
  readonly #current = new AsyncLocalStorage<PgliteTransaction>();
  #running = 0;
  #closing: Promise<void> | undefined;

  constructor(pglite: PGlite, lock?: DirectoryLock) {
    this.#pglite = pglite;
    this.#lock = lock;
  }

  get pool(): PoolCounts {
    const inUse = Math.min(this.#running, 1);
    return { inUse, idle: 1 - inUse, waiting: this.#running - inUse };
  }

  query<T>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
    return this.#run(() => send<T>(this.#pglite, sql, params));
  }

  table(sql: string): Promise<Table> {
    return this.#run(async () => {
      const { fields, rows } = await this.#pglite.query<(string | null)[]>(sql, [], {
        rowMode: "array",
        parsers: Object.fromEntries(Object.keys(this.#pglite.parsers).map((oid) => [oid, String])),
      });
      return { columns: fields.map(({ name, dataTypeID }) => ({ name, typeOid: dataTypeID })), rows };
    });
  }

  exec(script: string): Promise<void> {
    return this.#run(async () => {
      try {
        await this.#pglite.exec(script);
      } catch (error) {
        // The script may have begun a transaction before it failed.
        await this.#pglite.exec("rollback").catch(() => {});
        throw error;
      }
    });
  }

  async transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    let failure: { error: unknown } | undefined;
    try {
      return await this.#run(() =>
        this.#pglite.transaction(async (inner) => {
          const tx = new PgliteTransaction(inner);
          try {
            const result = await this.#current.run(tx, work, tx);
            await tx.finish();
            return result;
          } catch (error) {
            failure = { error };
            throw error;
          } finally {
            tx.ended = true;
          }
        })
      );
    } catch (error) {
      // What the work threw is the caller's own, and not to be classified by its words.
      throw failure ? failure.error : error;
    }
  }

  async cancel(): Promise<void> {}

  async version(): Promise<string> {
    const [row] = await this.query<{ version: string }>(
      "select current_setting('server_version') as version",
    );
    return `PostgreSQL ${row?.version.split(" ")[0]}`;
  }

  dump(): Promise<Blob> {
    return this.#run(() => this.#pglite.dumpDataDir("gzip"));
  }

  close(): Promise<void> {
    return this.#closing ??= this.#pglite.close().finally(() => this.#lock?.release());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run<T>(run: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new DatabaseUnavailable("The database was closed");
    // It would wait for the transaction, and the transaction for it.
    if (this.#current.getStore()?.ended === false) {
      throw new Error(
        "Inside a transaction use its `tx`: the database waits until the transaction has ended",
      );
    }
    this.#running++;
    try {
      return await run();
    } catch (error) {
      throw classifyError(error);
    } finally {
      this.#running--;
    }
  }
}

class PgliteTransaction implements Queryable {
  ended = false;
  readonly #inner: Transaction;
  #firstError: unknown;

  constructor(inner: Transaction) {
    this.#inner = inner;
  }

  query<T>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
    return this.#run(() => send<T>(this.#inner, sql, params));
  }

  exec(script: string): Promise<void> {
    return this.#run(() => this.#inner.exec(script).then(() => {}));
  }

  /**
   * @throws the first error of the transaction, where `work` swallowed it and the transaction cannot be
   * committed
   */
  async finish(): Promise<void> {
    if (this.#firstError === undefined) return;
    // Refused in a failed transaction; a rollback to a savepoint has mended it.
    await this.#inner.query("select 1").catch(() => {
      throw this.#firstError;
    });
  }

  async #run<T>(run: () => Promise<T>): Promise<T> {
    if (this.ended) throw new Error("The transaction has ended");
    try {
      return await run();
    } catch (error) {
      const classified = classifyError(error);
      this.#firstError ??= classified;
      throw classified;
    }
  }
}

async function send<T>(on: PGlite | Transaction, sql: string, params: readonly unknown[]): Promise<T[]> {
  return (await on.query<T>(sql, params.map(formatParameter), { serializers: AS_TEXT })).rows;
}
