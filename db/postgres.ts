// @ts-types="@types/pg"
import pg from "pg";
import { log } from "../log.ts";
import { cancelStatement } from "./cancel.ts";
import { describeConnectionFailure } from "./connection_failure.ts";
import {
  type Database,
  DatabaseUnavailable,
  type PoolCounts,
  type PostgresDriver,
  type Queryable,
  type QueryOptions,
  StatementTimeout,
  type Table,
  type TransactionOptions,
} from "./database.ts";
import { PostgresTransaction, send } from "./postgres_transaction.ts";
import { SESSION } from "./session.ts";
import { readTls } from "./tls.ts";
import { parserOf } from "./types.ts";

const GOODBYE_MS = 1_000;
// Each row as the texts of its columns, of which several may have one name.
const AS_TEXTS: Partial<pg.QueryArrayConfig> = { rowMode: "array", types: { getTypeParser: () => String } };

/** Where a server is, in parts. What is missing is the driver's default: localhost, 5432, the user's name. */
export interface PostgresAddress {
  host?: string;
  port?: number;
  user?: string;
  password?: string;
  database?: string;
}

export interface PostgresOptions extends PostgresAddress {
  /** `postgres://…`; then the parts are not read. */
  connectionString?: string;
  /** Most connections at the same time; 4. */
  poolSize?: number;
  /** Longest time until a new connection is ready, in milliseconds; 5,000. */
  connectTimeout?: number;
  /** Longest time that one statement may take, in milliseconds; 15,000. 0 is for ever. */
  statementTimeout?: number;
  /** `pg`, unless it is named. */
  driver?: PostgresDriver;
}

/**
 * A Postgres server. Nothing connects before the first statement, so a server that is away does not stop the
 * process from starting; `version()` tells.
 *
 * @throws {TypeError} If the connection string is not one, or asks for a TLS mode that may fall back to plain
 * text; or if the driver cannot be loaded
 */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { connectionString, tls } = options.connectionString === undefined
    ? { connectionString: undefined, tls: undefined }
    : await readTls(options.connectionString);
  const { host, port, user, password, database } = options;
  const config: pg.ClientConfig = {
    ...(connectionString === undefined ? { host, port, user, password, database } : { connectionString }),
    ...(tls === undefined ? {} : { ssl: tls }),
    fallback_application_name: "footfall",
    // Finds peers that vanished without a word, in statements that may take for ever.
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    types: { getTypeParser: parserOf as pg.CustomTypesConfig["getTypeParser"] },
    connectionTimeoutMillis: options.connectTimeout ?? 5_000,
  };
  const Client = options.driver === "deno-postgres"
    ? await (await import("./deno_postgres.ts")).denoPostgresClient(config)
    : class extends StartupClient {
      constructor() {
        super(config);
      }

      override getStartupConf() {
        return { ...super.getStartupConf(), ...SESSION };
      }
    };
  return new PostgresDatabase(Client, options.poolSize ?? 4, options.statementTimeout ?? 15_000);
}

/** `pg` declares nothing for what a connection asks for as it starts. */
const StartupClient = pg.Client as unknown as new (
  config: pg.ClientConfig,
) => pg.Client & { getStartupConf(): Record<string, string> };

class PostgresDatabase implements Database {
  readonly #pool: pg.Pool;
  readonly #statementTimeout: number;
  readonly #running = new Set<Promise<unknown>>();
  /** The open connections, each with the promise of its end. */
  readonly #open = new Map<pg.PoolClient, Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(DriverClient: new () => pg.Client, readonly connections: number, statementTimeout: number) {
    this.#statementTimeout = statementTimeout;
    // The pool's own connect timeout would also run while a query waits for its turn, and call a busy pool a
    // dead server.
    const Client = class extends DriverClient {
      constructor() {
        super();
        // A connection may die after the pool has handed it out and before whoever asked has heard of it; without a
        // listener that would end the process. The next statement on it fails and tells.
        this.on("error", () => {});
      }
    };
    this.#pool = new pg.Pool({ max: connections, idleTimeoutMillis: 30_000, Client });
    this.#pool.on("connect", (client) => {
      const ended = new Promise<void>((resolve) => client.once("end", resolve));
      this.#open.set(client, ended.finally(() => this.#open.delete(client)));
    });
    this.#pool.on("error", (error) => log.warn("an idle database connection was lost", { error }));
  }

  get pool(): PoolCounts {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return { inUse: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  async query<T>(sql: string, params: readonly unknown[] = [], options: QueryOptions = {}): Promise<T[]> {
    return (await this.#send(sql, params, options.timeout ?? this.#statementTimeout)).rows as T[];
  }

  async table(sql: string): Promise<Table> {
    const { fields, rows } = await this.#send(sql, [], this.#statementTimeout, AS_TEXTS);
    return { columns: fields.map(({ name, dataTypeID }) => ({ name, typeOid: dataTypeID })), rows };
  }

  #send(
    sql: string,
    params: readonly unknown[],
    timeout: number,
    form?: Partial<pg.QueryArrayConfig>,
  ): Promise<pg.QueryResult> {
    return this.#track(() =>
      this.#withClient(async (client) => {
        try {
          return await send(client, sql, params, timeout, form);
        } catch (error) {
          // The server would go on with it for nobody. A pooler cancels only for a client that is still
          // there.
          if (error instanceof StatementTimeout) await cancelStatement(client);
          throw error;
        }
      })
    );
  }

  exec(script: string): Promise<void> {
    return this.#track(() =>
      this.#withClient(async (client) => {
        try {
          await send(client, script, undefined, 0);
        } catch (error) {
          // The script may have begun a transaction before it failed.
          await send(client, "rollback", undefined, this.#statementTimeout).catch(() => {});
          throw error;
        }
      })
    );
  }

  transaction<T>(work: (tx: Queryable) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return this.#track(() =>
      this.#withClient(async (client) => {
        const tx = new PostgresTransaction(client, options.statementTimeout ?? this.#statementTimeout);
        await tx.begin();
        try {
          const result = await work(tx);
          await tx.commit();
          return result;
        } catch (error) {
          await tx.rollback();
          throw error;
        }
      })
    );
  }

  async cancel(): Promise<void> {
    await Promise.all([...this.#open.keys()].map(cancelStatement));
  }

  async version(): Promise<string> {
    const [row] = await this.query<{ version: string }>(
      "select current_setting('server_version') as version",
    );
    return `PostgreSQL ${row?.version.split(" ")[0]}`;
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    // The pool forgets whoever still waits for a connection when it ends, so they go first.
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    await this.#pool.end();
    // The pool has said goodbye on each connection; a peer that is gone never answers it.
    const timer = setTimeout(() => this.#open.forEach((_ended, client) => destroySocket(client)), GOODBYE_MS);
    await Promise.all(this.#open.values());
    clearTimeout(timer);
  }

  #track<T>(run: () => Promise<T>): Promise<T> {
    if (this.#closing) return Promise.reject(new DatabaseUnavailable("The database was closed"));
    const result = run();
    const settled = result.then(() => {}, () => {}).finally(() => this.#running.delete(settled));
    this.#running.add(settled);
    return result;
  }

  /**
   * Gives `work` a connection; afterwards it goes back to the pool, or is destroyed where it cannot be
   * trusted.
   */
  async #withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    let broken = false;
    // Without a listener a connection that dies between two statements takes the process with it.
    const onError = () => broken = true;
    client.on("error", onError);
    try {
      return await work(client);
    } catch (error) {
      // After a failover the old connection leads to a read-only server; and a timed-out one has an answer to
      // come.
      if (error instanceof DatabaseUnavailable) broken = true;
      throw error;
    } finally {
      client.off("error", onError);
      // "I" is idle: whatever went wrong, a connection inside a transaction never goes back.
      client.release(broken || transactionStatus(client) !== "I");
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      // Even a wrong password: no statement was looked at yet, so it may be tried again when that is mended.
      throw new DatabaseUnavailable(`Cannot connect to the database: ${describeConnectionFailure(error)}`, {
        cause: error,
      });
    }
  }
}

function destroySocket(client: pg.PoolClient): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

function transactionStatus(client: pg.PoolClient): string | null {
  return (client as unknown as { getTransactionStatus(): string | null }).getTransactionStatus();
}
