import { generate as uuidv7 } from "@std/uuid/v7";
import { type Config, type Mode, secretsOf } from "./config.ts";
import { findObstacles } from "./db/conditions.ts";
import { type Database, DatabaseUnavailable } from "./db/database.ts";
import { openIngestion } from "./db/ingestion.ts";
import { migrate } from "./db/migrate.ts";
import { readSchemaFiles } from "./db/migration_files.ts";
import { isEmbedded, openDatabase } from "./db/open.ts";
import { adviceOf, describeNewer, type NewerSchema, readSchemaState } from "./db/releases.ts";
import { requireSupportedVersion } from "./db/server_version.ts";
import { Spool } from "./db/spool.ts";
import { Canary } from "./etl/canary.ts";
import type { JobContext } from "./etl/jobs.ts";
import { runAllJobs } from "./etl/run.ts";
import { hideSecrets, log } from "./log.ts";
import type { Networks } from "./events/networks.ts";
import { VisitorDirectory } from "./events/visitor.ts";
import { createApp } from "./routes/app.ts";
import { webAssets } from "./web/assets.ts";
import type { Geoip } from "./geoip.ts";
import { type DevServer, forgetDevServer, rememberDevServer } from "./dev_server.ts";

// A request waits for a connection, at worst, before its events go to the spool.
const CONNECT_TIMEOUT_MS = 3_000;

// Questions have connections of their own: however many are asked, and however long they take, the collector keeps its.
const STATS_POOL_SIZE = 3;
const STATS_TIMEOUT_MS = 10_000;

const INSUFFICIENT_PRIVILEGE = "42501";
const NOT_REACHED = "PostgreSQL (not reached yet)";

/** Why the system did not start, in words for whoever started it. */
export class StartError extends Error {
  override name = "StartError";
}

/** Everything that runs in one process, put together. */
export interface System {
  app: ReturnType<typeof createApp>;
  adminToken: string;
  /** Such as `PostgreSQL 15.18` or `PostgreSQL 18.6 (embedded)`. */
  databaseName: string;
  jobs: Omit<JobContext, "whenBusy">;
  /** Whether jobs of this release may run: not once a newer one has migrated the database. The first time that is logged. */
  mayRunJobs(): Promise<boolean>;
  /** Tells the other tasks where the dev server is, since it alone has the embedded database. */
  announce(url: string): void;
  /** From now on nobody waits long for a database that does not answer: we are about to close. */
  hurry(): void;
  /** Writes what waits, then closes everything. */
  close(): Promise<void>;
}

/**
 * Opens the database, migrates it (`dev`) or checks that it is migrated (`start`), and puts the app together.
 *
 * @throws {StartError} If the database is away, is not to be worked with, or in production is older than this release
 * @throws {ConfigError} If a database of addresses or a file of networks in the settings cannot be read
 */
export async function startSystem(config: Config, mode: Mode, signal: AbortSignal): Promise<System> {
  hideSecrets(secretsOf(config));
  const geoip = config.geoipDatabase === undefined ? undefined : await openGeoip(config.geoipDatabase);
  const botNetworks = config.botNetworks === undefined
    ? undefined
    : await openBotNetworks(config.botNetworks);
  const db = await openDatabase(config.database, {
    driver: config.databaseDriver,
    poolSize: config.poolSize,
    connectTimeout: CONNECT_TIMEOUT_MS,
  }).catch((error) => {
    throw new StartError(error.message);
  });
  // The embedded database has just the one connection.
  const stats = isEmbedded(config.database) ? db : await openDatabase(config.database, {
    driver: config.databaseDriver,
    poolSize: STATS_POOL_SIZE,
    connectTimeout: CONNECT_TIMEOUT_MS,
    statementTimeout: STATS_TIMEOUT_MS,
  });
  try {
    const mayRunJobs = jobsGuard(db);
    const version = await prepareDatabase(db, mode, isEmbedded(config.database));
    // Also where the crons are off, the log says so.
    if (mode === "start" && version !== NOT_REACHED) await mayRunJobs();
    const spool = openSpool(config);
    const ingestion = openIngestion(db, spool);
    const adminToken = config.adminToken ?? uuidv7().replaceAll("-", "");
    const canary = config.canary ? new Canary(db, ingestion.events) : undefined;
    const jobs = { db, retentionDays: config.retentionDays, signal, spool, canary };
    const app = createApp({
      db,
      stats,
      availability: ingestion.availability,
      events: ingestion.events,
      spool,
      geoip,
      botNetworks,
      canary,
      sites: ingestion.sites,
      refusedOrigins: ingestion.refusedOrigins,
      visitors: new VisitorDirectory(ingestion.salts),
      assets: await webAssets(),
      runJobs: () => runAllJobs({ ...jobs, whenBusy: "wait" }),
    }, { ...config, adminToken, dev: mode === "dev" });
    const announced = mode === "dev" && isEmbedded(config.database);
    let devServer: DevServer | undefined;
    return {
      app,
      adminToken,
      databaseName: isEmbedded(config.database) ? `${version} (embedded)` : version,
      jobs,
      mayRunJobs,
      announce: (url) => {
        if (!announced) return;
        devServer = { url, adminToken, database: String(config.database) };
        rememberDevServer(devServer);
      },
      hurry: () => ingestion.events.hurry(),
      close: async () => {
        if (devServer !== undefined) forgetDevServer(devServer);
        await ingestion.close();
        await stats.close();
        await db.close();
      },
    };
  } catch (error) {
    await stats.close();
    await db.close();
    throw error;
  }
}

/** Loaded where it is used only: an isolate at the edge has no disk. */
async function openGeoip(path: string): Promise<Geoip> {
  const { Geoip } = await import("./geoip.ts");
  return await Geoip.open(path);
}

async function openBotNetworks(path: string): Promise<Networks> {
  const { readBotNetworks } = await import("./bot_networks.ts");
  return await readBotNetworks(path);
}

/** Where nobody has asked for the spool, a file system that takes none is no reason not to collect. */
function openSpool({ spoolPath, spoolRequired, spoolBytes }: Config): Spool | undefined {
  if (spoolPath === undefined) return undefined;
  try {
    return new Spool(spoolPath, spoolBytes);
  } catch (error) {
    if (spoolRequired) {
      throw new StartError(
        `Cannot start: SPOOL_PATH ${spoolPath} cannot be used: ${(error as Error).message}`,
      );
    }
    log.warn("there is no spool: events are answered 503 while the database is away", {
      path: spoolPath,
      error,
    });
    return undefined;
  }
}

async function prepareDatabase(db: Database, mode: Mode, embedded: boolean): Promise<string> {
  try {
    const version = await db.version();
    await requireSupportedVersion(db);
    // An embedded database is this process's alone, so its procedures are, too: no newer release runs beside it.
    if (mode === "dev") await migrate(db, { replace: embedded });
    else await requireUsable(db);
    return version;
  } catch (error) {
    const { message } = error as Error;
    if ((error as { code?: unknown }).code === INSUFFICIENT_PRIVILEGE) {
      throw new StartError(
        `Cannot start: the user of DATABASE_URL lacks a right: ${message}. ` +
          "Grant it, or connect as the user that migrates",
        { cause: error },
      );
    }
    if (message.startsWith("Cannot ") && !(error instanceof DatabaseUnavailable)) {
      throw new StartError(message, { cause: error });
    }
    if (!(error instanceof DatabaseUnavailable)) throw error;
    if (mode === "dev") throw new StartError(error.message.replace(/^(?!Cannot )/, "Cannot start: "));
    // A collector that starts while Postgres is away spools, rather than turning every event away.
    log.warn("the database is not available yet; whether it is migrated could not be checked", { error });
    return NOT_REACHED;
  }
}

/**
 * Says in the log what stands in the way of a part of the work: a collector that does not start loses events.
 *
 * @throws {StartError} If events would be spoilt, or the schema is older than this release
 */
async function requireUsable(db: Database): Promise<void> {
  for (const { kind, problem, advice } of await findObstacles(db)) {
    if (kind === "text") throw new StartError(`Cannot start: ${problem}. Do: ${advice}`);
    log.warn(problem, { advice });
  }
  const { pending, stale } = await readSchemaState(db);
  if (pending.length + stale.length === 0) return;
  const lacking = pending.length > 0
    ? `${pending.length === 1 ? "1 migration is" : `${pending.length} migrations are`} pending`
    : `${stale.length === 1 ? "1 file of procedures is" : `${stale.length} files of procedures are`} ` +
      "not as in this release";
  throw new StartError(
    `Cannot start: ${lacking} (${(pending.length > 0 ? pending : stale).join(", ")}).\n` +
      "Apply them with: deno task db:migrate",
  );
}

/** Asks the database each time: a newer release may migrate it at any moment, and one that goes back may undo that. */
function jobsGuard(db: Database): () => Promise<boolean> {
  // Once: a deploy in place puts those of another release there.
  const files = readSchemaFiles();
  let known: NewerSchema | undefined;
  return async () => {
    const state = await readSchemaState(db, await files).catch(() => undefined);
    // What the job finds out, it says.
    if (state === undefined) return true;
    const { newer } = state;
    if (newer && !known) {
      log.warn(`${describeNewer(newer)}: this process collects, and runs no jobs`, {
        advice: adviceOf(newer),
      });
    } else if (known && !newer) log.info("the database is of this release again: the jobs run");
    known = newer;
    return newer === undefined;
  };
}
