import { existsSync } from "node:fs";
import { type Config, EMBEDDED_DATABASE, readConfig } from "../config.ts";
import type { Asked, Database } from "../db/database.ts";
import { isEmbedded, openDatabase } from "../db/open.ts";
import { askDevServer, type DevServer, findDevServer } from "../dev_server.ts";
import { setLogLevel } from "../log.ts";
import { CommandError, requireMigrated } from "./command.ts";

/** The database that the settings name, and who has it open: this process, or the dev server. */
export type Reached =
  & { db: Asked; config: Config; embedded: boolean }
  & ({ own: Database; devServer?: undefined } | { own?: undefined; devServer: DevServer });

/**
 * Reaches the database that the settings name for as long as `work` takes. Only one process can have the embedded one
 * open; where that is the dev server, it is asked.
 *
 * @param options.unmigrated whether the tables may be missing
 * @throws {CommandError} If they are, or there is no embedded database yet
 */
export async function reachDatabase<T>(
  work: (reached: Reached) => Promise<T>,
  { unmigrated = false } = {},
): Promise<T> {
  const config = readConfig("task");
  setLogLevel(config.logLevel === "info" ? "warn" : config.logLevel);
  const embedded = isEmbedded(config.database);
  const devServer = embedded ? await findDevServerOf(config) : undefined;
  if (devServer) return await work({ db: new DevDatabase(devServer), devServer, config, embedded });
  if (embedded) requireDirectory(String(config.database));
  // A person sees how long it takes, and can interrupt it.
  await using own = await openDatabase(config.database, {
    driver: config.databaseDriver,
    poolSize: 2,
    statementTimeout: 0,
  });
  if (!unmigrated) await requireMigrated(own);
  return await work({ db: own, own, config, embedded });
}

/** The dev server that has the settings' embedded database open. */
export async function findDevServerOf(config: Config): Promise<DevServer | undefined> {
  const devServer = await findDevServer();
  return devServer?.database === config.database ? devServer : undefined;
}

/** Does `work` in a transaction where that is possible: a process that is interrupted then has done nothing. */
export async function allOrNothing<T>({ own, db }: Reached, work: (db: Asked) => Promise<T>): Promise<T> {
  if (!own) return await work(db);
  return await own.transaction(work, { statementTimeout: 0 });
}

function requireDirectory(target: string): void {
  const directory = target.replace(/^pglite:/, "");
  if (directory === "memory" || existsSync(directory)) return;
  throw new CommandError(
    `Cannot find a database: DATABASE_URL and PGHOST are not set, and ${directory} is not here` +
      (target === EMBEDDED_DATABASE ? " (deno task dev makes it)" : ""),
  );
}

/** The embedded database of the dev server. Times come as text, in ISO 8601. */
class DevDatabase implements Asked {
  constructor(readonly server: DevServer) {}

  async query<T>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
    try {
      return (await askDevServer<{ rows: T[] }>(this.server, "/sql", { sql, params })).rows;
    } catch (error) {
      throw new CommandError((error as Error).message);
    }
  }
}
