import { DatabaseUnavailable, type Queryable, StatementTimeout } from "./database.ts";
import { sqlstateOf } from "./sqlstate.ts";

/** The database answers, and takes no writes. */
export class ReadOnlyDatabase extends DatabaseUnavailable {
  override name = "ReadOnlyDatabase";
  constructor() {
    super("The database is read-only");
  }
}

/**
 * The server's version, as `PostgreSQL 15.18`, where it takes writes.
 *
 * @throws {ReadOnlyDatabase | DatabaseUnavailable} If it takes none
 */
export async function askHealth(db: Pick<Queryable, "query">): Promise<string> {
  const [row] = await db.query<{ version: string; readOnly: boolean }>(
    `select split_part(current_setting('server_version'), ' ', 1) as version,
       current_setting('transaction_read_only') = 'on' as "readOnly"`,
  );
  // As on a standby, too, whatever its settings say.
  if (row!.readOnly) throw new ReadOnlyDatabase();
  return `PostgreSQL ${row!.version}`;
}

// By an SQLSTATE or its class, as in sqlstate.ts; the longest that fits counts.
const PHRASES: Readonly<Record<string, string>> = {
  "25006": "the database is read-only",
  "28": "the database does not let this process in",
  "3D000": "the database does not exist",
  "42": "the database lacks what this release needs, or this process a right to it",
  "53": "the database server is out of connections, memory or disk",
  "57P01": "the database server is shutting down",
  "57P03": "the database server is starting up or shutting down",
  "58": "the disk of the database fails",
  "XX": "the database is damaged or has failed",
};

/** Why the database does not work, in one of a few phrases: anybody may read them, and the driver's words stay in the log. */
export function describeOutage(error: unknown): string {
  if (error instanceof ReadOnlyDatabase) return PHRASES["25006"]!;
  if (error instanceof StatementTimeout) return "the database does not answer in time";
  const code = sqlstateOf(error);
  const phrase = code && (PHRASES[code] ?? PHRASES[code.slice(0, 2)]);
  if (phrase) return phrase;
  return code === undefined && error instanceof DatabaseUnavailable
    ? "the database cannot be reached"
    : "the database refuses what it is asked";
}
