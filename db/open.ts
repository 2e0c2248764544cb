import type { Database, PostgresDriver } from "./database.ts";
import { openPostgres, type PostgresAddress } from "./postgres.ts";

/** `postgres://…`, `pglite:DIR`, `pglite:memory`, or a Postgres server's address in parts. */
export type DatabaseTarget = string | PostgresAddress;

/** How a Postgres server is talked to; the embedded database has no use for them. */
export interface OpenOptions {
  /** Most connections at the same time; 4. */
  poolSize?: number;
  /** Longest time until a new connection is ready, in milliseconds; 5,000. */
  connectTimeout?: number;
  /** Longest time that one statement may take, in milliseconds; 15,000. 0 is for ever. */
  statementTimeout?: number;
  /** `pg`, unless it is named. */
  driver?: PostgresDriver;
}

const EMBEDDED = "pglite:";

/** Whether the target is a database inside this process. */
export function isEmbedded(target: DatabaseTarget): boolean {
  return typeof target === "string" && target.startsWith(EMBEDDED);
}

/**
 * Opens what `target` names. A Postgres server is not contacted yet.
 *
 * @throws {TypeError} If `target` is none of the forms, or the driver cannot be loaded
 */
export async function openDatabase(target: DatabaseTarget, options: OpenOptions = {}): Promise<Database> {
  if (typeof target !== "string") return await openPostgres({ ...target, ...options });
  if (/^postgres(ql)?:\/\//.test(target)) return await openPostgres({ connectionString: target, ...options });
  const directory = target.startsWith(EMBEDDED) ? target.slice(EMBEDDED.length) : "";
  if (directory !== "") {
    // Loaded where it is wanted: a collector in production has no use for its megabytes.
    const { openPglite } = await import("./pglite.ts");
    return await openPglite(directory);
  }
  // The target may hold a password, so only its scheme is repeated.
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(target)?.[0] ?? "no scheme";
  throw new TypeError(
    `Cannot open a database: expected postgres://…, pglite:DIR or pglite:memory, not ${scheme}`,
  );
}
