import type { Asked } from "./database.ts";

/** The versions of Postgres that every test runs on, and those in between. */
export const OLDEST_MAJOR = 15;
export const NEWEST_MAJOR = 18;

/** As `{ major: 15, name: "PostgreSQL 15.18" }`. */
export async function serverVersion(db: Asked): Promise<{ major: number; name: string }> {
  const [row] = await db.query<{ version: number }>(
    "select current_setting('server_version_num')::integer as version",
  );
  const major = Math.floor(row!.version / 10_000);
  return { major, name: `PostgreSQL ${major}.${row!.version % 10_000}` };
}

/** @throws {Error} If the server is too old for our SQL */
export async function requireSupportedVersion(db: Asked): Promise<void> {
  const { major, name } = await serverVersion(db);
  if (major >= OLDEST_MAJOR) return;
  throw new Error(
    `Cannot use ${name}: Footfall needs PostgreSQL ${OLDEST_MAJOR} or later. Upgrade the server`,
  );
}
