/**
 * A row as both drivers return it: bigint and numeric are numbers, date is `YYYY-MM-DD`, timestamptz a Date,
 * json parsed, bytea a Uint8Array, arrays arrays of these; every other type is the text that Postgres prints.
 */
export type Row = Record<string, unknown>;

/** What a query can be put to: the database, or one transaction in it. */
export interface Queryable {
  /**
   * One statement with `$1`-style parameters: Dates, arrays (of a Postgres array type) and Uint8Arrays are
   * written as Postgres reads them, other objects as JSON. A JSON array or string is passed as the text of
   * its JSON.
   *
   * @throws {DatabaseUnavailable | DataError | Conflict} Or the driver's own error, where the statement is
   * wrong
   */
  query<T = Row>(sql: string, params?: readonly unknown[]): Promise<T[]>;
  /**
   * A script of several statements, without parameters. Outside a transaction it may take as long as it
   * needs.
   */
  exec(script: string): Promise<void>;
}

/** What a statement answers as the texts that Postgres prints, whatever its columns are called; null is null. */
export interface Table {
  columns: { name: string; typeOid: number }[];
  rows: (string | null)[][];
}

export interface TransactionOptions {
  /** Longest time that one statement may take, in milliseconds; 0 is for ever. */
  statementTimeout?: number;
}

export interface QueryOptions {
  /** Longest time until the answer, in milliseconds, once there is a connection; else as the database was opened. */
  timeout?: number;
}

/** What the connections do at this moment. */
export interface PoolCounts {
  inUse: number;
  /** Open, and free. */
  idle: number;
  /** Callers who wait for one. */
  waiting: number;
}

/** The seam: Postgres through `pg` or deno-postgres, or PGlite in this process. */
export interface Database extends Queryable, AsyncDisposable {
  /** How many statements can run at the same time. */
  readonly connections: number;
  readonly pool: PoolCounts;
  query<T = Row>(sql: string, params?: readonly unknown[], options?: QueryOptions): Promise<T[]>;
  /** One statement without parameters, for whoever wants to see its columns rather than to work with its rows. */
  table(sql: string): Promise<Table>;
  /**
   * Commits when `work` resolves, rolls back when it throws, and throws the error that `work` threw. Inside,
   * only `tx` may be used: the embedded database has one connection, which the transaction holds.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Asks the server to stop what runs at this moment: that fails then. The embedded database cannot be interrupted. */
  cancel(): Promise<void>;
  /** The server's version, as `PostgreSQL 15.18`. @throws {DatabaseUnavailable} */
  version(): Promise<string>;
  /** Waits for what runs, then closes every connection. Safe to call twice. */
  close(): Promise<void>;
}

/** What speaks with a Postgres server: `npm:pg`, or deno-postgres, which is on JSR and loaded where it is chosen. */
export const POSTGRES_DRIVERS = ["pg", "deno-postgres"] as const;
export type PostgresDriver = typeof POSTGRES_DRIVERS[number];

/** What takes single statements: the database, a transaction in it, or another process that has it open. */
export type Asked = Pick<Database, "query">;

/**
 * Nothing is wrong with the statement: the server is away, restarting, full, read-only or does not let us in.
 * Try again later. A write that was under way may have been committed all the same.
 */
export class DatabaseUnavailable extends Error {
  override name: string = "DatabaseUnavailable";
}

/** The statement took longer than it may: the server is overloaded, or waits for a lock. */
export class StatementTimeout extends DatabaseUnavailable {
  override name = "StatementTimeout";
}

/** The server refused a value: the same statement will fail again. */
export class DataError extends Error {
  override name = "DataError";
  constructor(message: string, readonly code: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Two transactions stood in each other's way: the statement may be tried again at once. */
export class Conflict extends Error {
  override name = "Conflict";
}
