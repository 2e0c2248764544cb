import { cp } from "node:fs/promises";
import type { Database, PostgresDriver } from "../db/database.ts";
import { migrate } from "../db/migrate.ts";
import { type DatabaseTarget, openDatabase, type OpenOptions } from "../db/open.ts";
import type { TestServer } from "./servers.ts";

/** A database of one test's own; disposing of it removes it. */
export type TestDatabase = Database & {
  /** For `openDatabase`; of an embedded one only once this one is closed. */
  readonly url: string;
};

/** One kind of database that the tests run on: the embedded one, or a version of Postgres. */
export interface TestEngine {
  /** As `PGlite` or `PostgreSQL 15.18`. */
  name: string;
  embedded: boolean;
  /** With every migration applied, and no rows. */
  migrated(options?: OpenOptions): Promise<TestDatabase>;
  /** Without a single table. */
  empty(options?: OpenOptions): Promise<TestDatabase>;
}

/** What `tests/run.ts` tells the tests, as JSON in `FOOTFALL_TEST_SERVERS`. */
export interface TestEnvironment {
  servers: TestServer[];
  /** For files of this run; removed after it. */
  directory: string;
  /** What the tests of a server speak with it through. */
  driver: PostgresDriver;
  /** `--config FILE`, where the tests were given one: for the processes that they start. */
  config: string[];
}

export const ENVIRONMENT_VARIABLE = "FOOTFALL_TEST_SERVERS";

/** The Postgres servers of this run. @throws {Error} If the tests were not started by `deno task test` */
export function servers(): TestServer[] {
  return environment().servers;
}

/** {@linkcode openDatabase}, through the driver that this run tests. */
export function openTarget(target: DatabaseTarget, options?: OpenOptions): Promise<Database> {
  return openDatabase(target, { driver: environment().driver, ...options });
}

/** `--config FILE` for a process of our own, as the tests were started with it. */
export function configArguments(): string[] {
  // A benchmark starts processes, too, without the tests' environment.
  return Deno.env.has(ENVIRONMENT_VARIABLE) ? environment().config : [];
}

/** Every database that a test of SQL has to pass on. */
export function engines(): TestEngine[] {
  return [
    { name: "PGlite", embedded: true, migrated: embeddedDatabase, empty: emptyEmbeddedDatabase },
    ...servers().map((server) => ({
      name: server.name,
      embedded: false,
      migrated: (options?: OpenOptions) => testDatabase(server, options),
      empty: (options?: OpenOptions) => emptyDatabase(server, options),
    })),
  ];
}

/** A migrated database on `server`. */
export async function testDatabase(server: TestServer, options?: OpenOptions): Promise<TestDatabase> {
  await makeTemplate(server);
  return await createDatabase(server, TEMPLATE, options);
}

/** A database on `server` without a single table. */
export function emptyDatabase(server: TestServer, options?: OpenOptions): Promise<TestDatabase> {
  return createDatabase(server, "template1", options);
}

/** The servers again, with databases that sort text as English does, not byte by byte; those that were built with ICU. */
export async function englishEngines(): Promise<TestEngine[]> {
  const built = await Promise.all(
    servers().map(async (server) => {
      await using admin = await openDatabase(server.url, { poolSize: 1 });
      return (await admin.query("select from pg_collation where collprovider = 'i' limit 1")).length > 0;
    }),
  );
  return servers().filter((_, i) => built[i]).map((server) => {
    const empty = (options?: OpenOptions) =>
      createDatabase(server, "template0 locale_provider icu icu_locale 'en-US'", options);
    const migrated = async (options?: OpenOptions) => {
      const database = await empty(options);
      await migrate(database);
      return database;
    };
    return { name: `${server.name}, en-US`, embedded: false, migrated, empty };
  });
}

/** A migrated embedded database. */
export async function embeddedDatabase(): Promise<TestDatabase> {
  return await copyEmbedded(await embeddedTemplate("migrated"));
}

/** An embedded database without a single table. */
export async function emptyEmbeddedDatabase(): Promise<TestDatabase> {
  return await copyEmbedded(await embeddedTemplate("empty"));
}

const TEMPLATE = "footfall_template";
// Any number that nothing else in the cluster locks.
const TEMPLATE_LOCK = 20_250_601;

/** Migrates the template database of the server, unless some test has already. */
async function makeTemplate(server: TestServer): Promise<void> {
  await using admin = await openDatabase(server.url, { poolSize: 2 });
  if (await exists(admin, TEMPLATE)) return;
  await admin.transaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock($1)", [TEMPLATE_LOCK]);
    if (await exists(admin, TEMPLATE)) return;
    // The name is given last, so that a template whose migration failed is never used.
    const unfinished = `${TEMPLATE}_unfinished`;
    await admin.exec(`drop database if exists ${unfinished} with (force)`);
    await admin.exec(`create database ${unfinished}`);
    {
      await using template = await openDatabase(urlOf(server, unfinished));
      await migrate(template);
    }
    await admin.exec(`alter database ${unfinished} rename to ${TEMPLATE}`);
  }, { statementTimeout: 120_000 });
}

async function exists(admin: Database, name: string): Promise<boolean> {
  return (await admin.query("select from pg_database where datname = $1", [name])).length > 0;
}

async function createDatabase(
  server: TestServer,
  template: string,
  options?: OpenOptions,
): Promise<TestDatabase> {
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  await runOn(server, `create database ${name} template ${template}`);
  return own(await openTarget(urlOf(server, name), options), urlOf(server, name), async () => {
    await runOn(server, `drop database ${name} with (force)`);
  });
}

async function runOn(server: TestServer, statement: string): Promise<void> {
  await using admin = await openDatabase(server.url, { poolSize: 1 });
  await admin.exec(statement);
}

function urlOf(server: TestServer, database: string): string {
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  return url.href;
}

/**
 * The directory of an embedded database to copy, made by whoever needs it first: initializing one takes
 * seconds, a copy tenths of a second.
 */
async function embeddedTemplate(kind: "empty" | "migrated"): Promise<string> {
  const template = `${environment().directory}/pglite-${kind}`;
  using lock = await Deno.open(`${template}.making`, { write: true, create: true });
  await lock.lock(true);
  if (await isDirectory(template)) return template;
  const unfinished = `${template}-unfinished`;
  if (kind === "migrated") await cp(await embeddedTemplate("empty"), unfinished, { recursive: true });
  {
    await using database = await openDatabase(`pglite:${unfinished}`);
    if (kind === "migrated") await migrate(database);
    await Deno.writeTextFile(`${environment().directory}/pglite-version`, await database.version());
  }
  await Deno.rename(unfinished, template);
  return template;
}

async function copyEmbedded(template: string): Promise<TestDatabase> {
  const directory = await Deno.makeTempDir({ dir: environment().directory, prefix: "pglite-" });
  await cp(template, `${directory}/data`, { recursive: true });
  const url = `pglite:${directory}/data`;
  return own(await openDatabase(url), url, () => Deno.remove(directory, { recursive: true }));
}

/** The database as it is, but disposing of it also runs `remove`. */
function own(database: Database, url: string, remove: () => Promise<void>): TestDatabase {
  return Object.assign(database, {
    url,
    [Symbol.asyncDispose]: async () => {
      await database.close();
      await remove();
    },
  });
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}

function environment(): TestEnvironment {
  const json = Deno.env.get(ENVIRONMENT_VARIABLE);
  if (json === undefined) throw new Error("There are no databases: run the tests with: deno task test");
  return JSON.parse(json);
}
