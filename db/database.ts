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

export interface TransactionOptions {
  /** Longest time that one statement may take, in milliseconds; 0 is for ever. */
  statementTimeout?: number;
}

/** The seam: Postgres through `pg`, or PGlite in this process. */
export interface Database extends Queryable, AsyncDisposable {
  /** How many statements can run at the same time. */
  readonly connections: number;
  /**
   * Commits when `work` resolves, rolls back when it throws, and throws the error that `work` threw. Inside,
   * only `tx` may be used: the embedded database has one connection, which the transaction holds.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** The server's version, as `PostgreSQL 15.18`. @throws {DatabaseUnavailable} */
  version(): Promise<string>;
  /** Waits for what runs, then closes every connection. Safe to call twice. */
  close(): Promise<void>;
}

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

/** The server refused a value (SQLSTATE classes 21, 22, 23 and 54): the same statement will fail again. */
export class DataError extends Error {
  override name = "DataError";
  constructor(message: string, readonly code: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * Two transactions stood in each other's way (SQLSTATE class 40, 55P03): the statement may be tried again at
 * once.
 */
export class Conflict extends Error {
  override name = "Conflict";
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
// 08 connection, 25006 read-only (a failover under way), 53 no resources, 57P0x shutdown, 58 system error.
const UNAVAILABLE = /^(08|53|57P|58|25006)/;
const DATA = /^(21|22|23|54)/;
const CONFLICT = /^(40|55P03)/;
const SQLSTATE = /^[0-9A-Z]{5}$/;
const QUERY_CANCELED = "57014";
// Errors of the socket (ECONNRESET, EAI_AGAIN); EPIPE would pass for an SQLSTATE, but none begins with an E.
const SOCKET = /^(E[A-Z_]+|UND_ERR.*)$/;

/**
 * Sorts a driver's error into what the caller can do about it; other errors (a typo in SQL, say) pass as they
 * are.
 */
export function classifyError(error: unknown): unknown {
  if (!(error instanceof Error) || isClassified(error)) return error;
  const code = (error as { code?: unknown }).code;
  if (typeof code !== "string" || SOCKET.test(code) || !SQLSTATE.test(code)) {
    // Without an SQLSTATE the driver speaks: refused, reset, timed out, ended.
    return isConnectionFailure(error, code)
      ? new DatabaseUnavailable(error.message, { cause: error })
      : error;
  }
  if (code === QUERY_CANCELED) return new StatementTimeout(error.message, { cause: error });
  // A wrong number of parameters shares its code with a broken connection, and never goes away.
  if (code === "08P01" && error.message.startsWith("bind message")) return error;
  if (UNAVAILABLE.test(code)) return new DatabaseUnavailable(error.message, { cause: error });
  if (CONFLICT.test(code)) return new Conflict(error.message, { cause: error });
  if (DATA.test(code)) return new DataError(error.message, code, { cause: error });
  return error;
}

function isClassified(error: Error): boolean {
  return error instanceof DatabaseUnavailable || error instanceof DataError || error instanceof Conflict;
}

function isConnectionFailure(error: Error, code: unknown): boolean {
  if (typeof code === "string" && SOCKET.test(code)) return true;
  return /connection|timeout|terminated|not queryable|closed/i.test(error.message);
}
