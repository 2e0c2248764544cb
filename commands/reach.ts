import { existsSync } from "node:fs";
import { type Config, EMBEDDED_DATABASE, readConfig, secretsOf } from "../config.ts";
import type { Asked, Database } from "../db/database.ts";
import { isEmbedded, openDatabase } from "../db/open.ts";
import { type SaveOutcome, saveSite, type SiteChange } from "../db/site_directory.ts";
import { formatParameter } from "../db/types.ts";
import { askDevServer, type DevServer, findDevServers } from "../dev_server.ts";
import { hideSecrets, setLogLevel } from "../log.ts";
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
 * @param options.interrupted stops what runs in the database once it aborts: a server goes on where nobody waits any more
 * @throws {CommandError} If they are, or there is no embedded database yet
 */
export async function reachDatabase<T>(
  work: (reached: Reached) => Promise<T>,
  { unmigrated = false, interrupted }: { unmigrated?: boolean; interrupted?: AbortSignal } = {},
): Promise<T> {
  const config = taskConfig();
  const embedded = isEmbedded(config.database);
  const devServer = await findDevServerOf(config);
  if (devServer) return await work({ db: new DevDatabase(devServer), devServer, config, embedded });
  if (embedded) await requireDirectory(String(config.database));
  await using own = await open(config);
  interrupted?.addEventListener("abort", () => own.cancel());
  if (!unmigrated) await requireMigrated(own);
  return await work({ db: own, own, config, embedded });
}

/**
 * Opens the database that the settings name in this process, for as long as `work` takes. An embedded one is made where it is
 * missing.
 *
 * @param what cannot be done otherwise
 * @throws {CommandError} If the dev server has it open
 */
export async function openOwnDatabase<T>(
  what: string,
  work: (db: Database, config: Config) => Promise<T>,
): Promise<T> {
  const config = taskConfig();
  await requireClosed(what, config);
  await using db = await open(config);
  return await work(db, config);
}

/** @param what cannot be done otherwise @throws {CommandError} If the dev server has the settings' database open */
export async function requireClosed(what: string, config: Config): Promise<void> {
  const devServer = await findDevServerOf(config);
  if (!devServer) return;
  throw new CommandError(
    `Cannot ${what}: the dev server at ${devServer.url} has the database open. ` +
      "Stop it, run this again, and start it again",
  );
}

function taskConfig(): Config {
  const config = readConfig("task");
  hideSecrets(secretsOf(config));
  setLogLevel(config.logLevel === "info" ? "warn" : config.logLevel);
  return config;
}

async function open({ database, databaseDriver }: Config): Promise<Database> {
  // A person sees how long it takes, and can interrupt it.
  return await openDatabase(database, { driver: databaseDriver, poolSize: 2, statementTimeout: 0 });
}

/**
 * The dev server that has the settings' embedded database open.
 *
 * @throws {CommandError} If there are several that have one in memory, and none is at the settings' port
 */
async function findDevServerOf({ database, port }: Config): Promise<DevServer | undefined> {
  if (!isEmbedded(database)) return undefined;
  const servers = await findDevServers(String(database));
  const atPort = servers.find(({ url }) => Number(new URL(url).port) === port);
  if (servers.length < 2 || atPort) return atPort ?? servers[0];
  throw new CommandError(
    `Cannot tell which dev server is meant: ${servers.map(({ url }) => url).join(" and ")} ` +
      `have a database in memory. Name one by its port, such as PORT=${new URL(servers[0]!.url).port}`,
  );
}

/**
 * Calls {@linkcode saveSite}: in the dev server if that has the database open, otherwise in this process.
 *
 * @throws {DataError | CommandError} If the change is not valid; from the dev server only the message comes
 */
export async function saveSiteIn({ own, devServer }: Reached, site: SiteChange): Promise<SaveOutcome> {
  if (own) return await saveSite(own, site);
  try {
    return (await askDevServer<{ saved: SaveOutcome }>(devServer, "/dev/site", site)).saved;
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

/** Does `work` in a transaction where that is possible: a process that is interrupted then has done nothing. */
export async function allOrNothing<T>({ own, db }: Reached, work: (db: Asked) => Promise<T>): Promise<T> {
  if (!own) return await work(db);
  return await own.transaction(work, { statementTimeout: 0 });
}

async function requireDirectory(target: string): Promise<void> {
  const directory = target.replace(/^pglite:/, "");
  if (directory !== "memory" && existsSync(directory)) return;
  const [other] = directory === "memory" ? [] : await findDevServers("pglite:memory");
  throw new CommandError(
    directory === "memory"
      ? "Cannot find a database: DATABASE_URL is pglite:memory, but no dev server that runs here has one in memory"
      : other
      ? `Cannot find a database: ${directory} is not here. The dev server at ${other.url} has one in memory: ` +
        "set DATABASE_URL=pglite:memory"
      : `Cannot find a database: DATABASE_URL and PGHOST are not set, and ${directory} is not here` +
        (target === EMBEDDED_DATABASE ? " (deno task dev makes it)" : ""),
  );
}

/** The embedded database of the dev server. Times come as text, in ISO 8601. */
class DevDatabase implements Asked {
  constructor(readonly server: DevServer) {}

  async query<T>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
    // As texts that Postgres reads: JSON knows no bytes.
    const body = { sql, params: params.map(formatParameter) };
    try {
      return (await askDevServer<{ rows: T[] }>(this.server, "/sql", body)).rows;
    } catch (error) {
      throw new CommandError((error as Error).message);
    }
  }
}
