/** What would be right where a connection was refused for a reason that does not pass by itself. */
const ADVICE: [pattern: RegExp, advice: string][] = [
  [/^password authentication failed/, "are user and password of DATABASE_URL right?"],
  [/^role ".*" does not exist/, "is the user of DATABASE_URL right?"],
  [/^no pg_hba\.conf entry/, "the server does not let this user in from here: see its pg_hba.conf"],
  [/^database ".*" does not exist/, "make it (createdb), or name another one in DATABASE_URL"],
  [/ENOTFOUND|failed to lookup address/, "is the host of DATABASE_URL right?"],
  [/ECONNREFUSED/, "is the server up, and are host and port of DATABASE_URL right?"],
  [/does not support SSL/, "sslmode=disable speaks plain text, where the way there is your own"],
  [/certificate/i, "name its authority: sslrootcert=FILE"],
];

// What the driver says where it was given none.
const NO_PASSWORD = /client password must be a string/;

/** Why there is no connection, and what to look at. */
export function describeConnectionFailure(error: unknown): string {
  const reason = reasonOf(error);
  if (NO_PASSWORD.test(reason)) {
    return "the server asks for a password, and there is none: set it in DATABASE_URL or PGPASSWORD";
  }
  const advice = ADVICE.find(([pattern]) => pattern.test(reason))?.[1];
  return advice === undefined ? reason : `${reason} (${advice})`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A name with several addresses fails with one error for each, and no message of its own.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(", ");
  return error.message;
}
