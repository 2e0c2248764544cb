import { Conflict, DatabaseUnavailable, DataError, StatementTimeout } from "./database.ts";

/**
 * What can be done about an error of Postgres:
 *
 * - `again`: the same statement may be tried at once ({@linkcode Conflict});
 * - `spool`: the server cannot take it now, whatever it is ({@linkcode DatabaseUnavailable});
 * - `refuse`: a value is at fault, and will be the next time ({@linkcode DataError});
 * - `fatal`: the statement or the schema is at fault: somebody has to mend it (the driver's own error).
 */
export type Remedy = "again" | "spool" | "refuse" | "fatal";

// Appendix A of the manual, https://www.postgresql.org/docs/current/errcodes-appendix.html: a class by its two
// characters, a code in full. The longest entry that fits counts; what fits none is fatal.
const REMEDIES: Readonly<Record<string, Remedy>> = {
  "08": "spool", // connection exception
  "21": "refuse", // cardinality violation
  "22": "refuse", // data exception: out of range, NUL in a text, not JSON
  "23": "refuse", // integrity constraint violation: no partition, a check
  "25006": "spool", // read-only transaction: a failover under way, or a disk that its host has locked
  "28": "spool", // invalid authorization: a password that is being changed
  "3D000": "spool", // no such database: a restore under way
  "40": "again", // transaction rollback: deadlock, serialization failure
  "40003": "spool", // whether the statement completed is not known
  "53": "spool", // insufficient resources: connections, memory, disk
  "54": "refuse", // program limit exceeded: too deep, too large
  "55006": "spool", // object in use
  "55P03": "again", // lock not available
  "57": "spool", // operator intervention: shutdown, crash of another backend, starting up, cancelled
  "58": "spool", // system error: the disk fails
  "XX": "spool", // internal error, corrupted pages: the server needs help, the event does not
};

const SQLSTATE = /^[0-9A-Z]{5}$/;
const QUERY_CANCELED = "57014";
// Errors of the socket (ECONNRESET, EAI_AGAIN); EPIPE would pass for an SQLSTATE, but none begins with an E.
const SOCKET = /^(E[A-Z_]+|UND_ERR.*)$/;

/** What can be done about the SQLSTATE `code`. */
export function remedyOf(code: string): Remedy {
  return REMEDIES[code] ?? REMEDIES[code.slice(0, 2)] ?? "fatal";
}

/**
 * Sorts a driver's error into what the caller can do about it; a fatal one (a typo in SQL, say) passes as it
 * is.
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
  switch (remedyOf(code)) {
    case "again":
      return new Conflict(error.message, { cause: error });
    case "spool":
      return new DatabaseUnavailable(error.message, { cause: error });
    case "refuse":
      return new DataError(error.message, code, { cause: error });
    case "fatal":
      return error;
  }
}

/** The SQLSTATE of a driver's error, or of the one that it was classified from; undefined where the server has said none. */
export function sqlstateOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code === "string" && SQLSTATE.test(code) && !SOCKET.test(code)) return code;
  }
}

function isClassified(error: Error): boolean {
  return error instanceof DatabaseUnavailable || error instanceof DataError || error instanceof Conflict;
}

function isConnectionFailure(error: Error, code: unknown): boolean {
  if (typeof code === "string" && SOCKET.test(code)) return true;
  return /connection|timeout|terminated|not queryable|closed/i.test(error.message);
}
