import type { Database } from "../db/database.ts";
import { migrate } from "../db/migrate.ts";
import { type DatabaseTarget, openDatabase, type OpenOptions } from "../db/open.ts";
import { type DatabaseState, databaseState, resetDatabase } from "./database_reset.ts";
import { embeddedDatabase, emptyEmbeddedDatabase, type Kind, shareEmbedded } from "./embedded_database.ts";
import type { TestServer } from "./servers.ts";
import { environment, ENVIRONMENT_VARIABLE, exists } from "./test_environment.ts";

/**
 * A database of one test's own. Disposing of it empties it for the next test, or removes it if it cannot be brought
 * back to what it was: a test may also change the schema.
 */
export type TestDatabase = Database & {
  /** For `openDatabase`; of an embedded one only once this one is closed. */
  readonly url: string;
};

/** One kind of database that the tests run on: the embedded one, or a version of Postgres. */
export interface TestEngine {
  /** As `PGlite` or `PostgreSQL 15.18`. */
  name: string;
  embedded: boolean;
  /** A script for a transaction of somebody with psql, who is set otherwise than our connections; empty but of {@linkcode oddEngines}. */
  settings: string;
  /** With every migration applied, and no rows. */
  migrated(options?: TestOptions): Promise<TestDatabase>;
  /** Without a single table. */
  empty(options?: TestOptions): Promise<TestDatabase>;
}

export interface TestOptions extends OpenOptions {
  /**
   * Creates a database for this test instead of taking one that another has used: for a test that closes it, or changes
   * the schema. One that a test did not bring back is not used again either way.
   */
  own?: boolean;
}

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

/**
 * Every database that a test of SQL has to pass on; only the embedded one where the tests were started with `--quick`.
 * Called where a file registers its tests.
 *
 * @param shared what the file's tests use in turn, where they do not ask for a database of their own
 */
export function engines(shared: Kind | "nothing" = "migrated"): TestEngine[] {
  if (shared !== "nothing" && !environment().isQuick) shareEmbedded(shared);
  return [EMBEDDED, ...serverEngines()];
}

export const EMBEDDED: TestEngine = {
  name: "PGlite",
  embedded: true,
  settings: "",
  migrated: embeddedDatabase,
  empty: emptyEmbeddedDatabase,
};

/** Registers a test that does not pass on the embedded database; `--quick` leaves it out. */
export function serverTest(title: string, fn: () => Promise<void>): void {
  Deno.test({ name: title, ignore: environment().isQuick, fn });
}

/** The Postgres servers among {@linkcode engines}. */
export function serverEngines(): TestEngine[] {
  return servers().map((server) => ({
    name: server.name,
    embedded: false,
    settings: "",
    migrated: (options?: TestOptions) => testDatabase(server, options),
    empty: (options?: TestOptions) => emptyDatabase(server, options),
  }));
}

/** A migrated database on `server`. */
export async function testDatabase(server: TestServer, options?: TestOptions): Promise<TestDatabase> {
  await makeTemplate(server);
  return await lendDatabase(server, TEMPLATE, options);
}

/** A database on `server` without a single table. */
export function emptyDatabase(server: TestServer, options?: TestOptions): Promise<TestDatabase> {
  return lendDatabase(server, "template1", options);
}

/** Unusual settings and locale of a database. */
interface OddSetting {
  name: string;
  locale: string;
  settings: Record<string, string>;
}

// A zone in which a day has no midnight, two whose abbreviations mean another zone to Postgres, and one that lacks a whole day; dates that
// read as others; letters that sort and fold otherwise.
const ODD: OddSetting[] = [
  {
    name: "Chile, German dates, text that sorts as English does",
    locale: "locale_provider icu icu_locale 'en-US'",
    settings: { timezone: "America/Santiago", datestyle: "German" },
  },
  {
    name: "India, SQL dates, Turkish text",
    locale: "locale_provider icu icu_locale 'tr-TR'",
    settings: { timezone: "Asia/Kolkata", datestyle: "SQL, DMY", intervalstyle: "sql_standard" },
  },
  {
    name: "Samoa, Postgres dates, the locale C",
    locale: "lc_collate 'C' lc_ctype 'C'",
    settings: { timezone: "Pacific/Apia", datestyle: "Postgres, MDY", bytea_output: "escape" },
  },
  {
    name: "London, German dates, German text",
    locale: "locale_provider icu icu_locale 'de-DE'",
    settings: { timezone: "Europe/London", datestyle: "German, DMY", intervalstyle: "iso_8601" },
  },
];

/** Databases of other locales that are set otherwise, each on one of the servers; those that need ICU on one that was built with it. */
export async function oddEngines(): Promise<TestEngine[]> {
  const withIcu = await Promise.all(
    servers().map(async (server) => {
      await using admin = await openDatabase(server.url, { poolSize: 1 });
      const [icu] = await admin.query("select from pg_collation where collprovider = 'i' limit 1");
      return icu === undefined ? [] : [server];
    }),
  );
  return ODD.flatMap((odd, i) => {
    const able = odd.locale.includes("icu") ? withIcu.flat() : servers();
    const server = able[i % able.length];
    return server === undefined ? [] : [oddEngine(server, odd)];
  });
}

function oddEngine(server: TestServer, { name, locale, settings }: OddSetting): TestEngine {
  const assignments = Object.entries(settings).map(([name, value]) => `${name} = '${value}'`);
  const empty = async (options?: OpenOptions) => {
    const database = await createDatabase(server, `template0 ${locale}`, options);
    // For each connection but this one, which has none yet.
    const target = new URL(database.url).pathname.slice(1);
    await runOn(
      server,
      assignments.map((assignment) => `alter database ${target} set ${assignment}`).join("; "),
    );
    return database;
  };
  const migrated = async (options?: OpenOptions) => {
    const database = await empty(options);
    await migrate(database);
    return database;
  };
  return {
    name: `${server.name}: ${name}`,
    embedded: false,
    migrated,
    empty,
    settings: assignments.map((assignment) => `set local ${assignment};`).join(" "),
  };
}

const TEMPLATE = "footfall_template";
// Any number that nothing else in the cluster locks.
const TEMPLATE_LOCK = 20_250_601;

/** Those whose template this process has seen. */
const migratedServers = new Set<string>();

/** Migrates the template database of the server, unless some test has already. */
async function makeTemplate(server: TestServer): Promise<void> {
  if (migratedServers.has(server.url)) return;
  await using admin = await openDatabase(server.url, { poolSize: 2 });
  if (await isDatabase(admin, TEMPLATE)) return void migratedServers.add(server.url);
  await admin.transaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock($1)", [TEMPLATE_LOCK]);
    if (await isDatabase(admin, TEMPLATE)) return;
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

async function isDatabase(admin: Database, name: string): Promise<boolean> {
  return (await admin.query("select from pg_database where datname = $1", [name])).length > 0;
}

/** Creating a database takes 200 ms, emptying one that another test has used a fifth of that. */
async function lendDatabase(
  server: TestServer,
  template: string,
  options: TestOptions = {},
): Promise<TestDatabase> {
  if (options.own) return await createDatabase(server, template, options);
  const pool = `${environment().directory}/${new URL(server.url).port}-${template}`;
  const name = await takeFromPool(pool) ?? await addToPool(server, template, pool);
  const url = urlOf(server, name);
  const database = await openTarget(url, options);
  return own(database, url, async () => {
    await database.close();
    if (await isAsNew(url, `${pool}/state`)) {
      await Deno.rename(`${pool}/used/${name}`, `${pool}/free/${name}`);
    } else await runOn(server, `drop database ${name} with (force)`);
  });
}

/** Each database has a file of its name: renaming that takes it for one test, in whatever process that runs. */
async function takeFromPool(pool: string): Promise<string | undefined> {
  await Deno.mkdir(`${pool}/free`, { recursive: true });
  await Deno.mkdir(`${pool}/used`, { recursive: true });
  for await (const { name } of Deno.readDir(`${pool}/free`)) {
    try {
      await Deno.rename(`${pool}/free/${name}`, `${pool}/used/${name}`);
      return name;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

async function addToPool(server: TestServer, template: string, pool: string): Promise<string> {
  const name = await newDatabase(server, template);
  await writeState(urlOf(server, name), `${pool}/state`);
  await Deno.writeTextFile(`${pool}/used/${name}`, "");
  return name;
}

async function writeState(url: string, file: string): Promise<void> {
  if (await exists(file)) return;
  await using database = await openDatabase(url, { poolSize: 1 });
  const unfinished = `${file}-${crypto.randomUUID()}`;
  await Deno.writeTextFile(unfinished, JSON.stringify(await databaseState(database)));
  await Deno.rename(unfinished, file);
}

async function isAsNew(url: string, stateFile: string): Promise<boolean> {
  const fresh: DatabaseState = JSON.parse(await Deno.readTextFile(stateFile));
  await using database = await openDatabase(url, { poolSize: 1 });
  return await resetDatabase(database, fresh);
}

async function createDatabase(
  server: TestServer,
  template: string,
  options?: OpenOptions,
): Promise<TestDatabase> {
  const name = await newDatabase(server, template);
  const url = urlOf(server, name);
  const database = await openTarget(url, options);
  return own(database, url, async () => {
    await database.close();
    await runOn(server, `drop database ${name} with (force)`);
  });
}

async function newDatabase(server: TestServer, template: string): Promise<string> {
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  await runOn(server, `create database ${name} template ${template}`);
  return name;
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

/** The database as it is, but disposing of it runs `dispose`. */
function own(database: Database, url: string, dispose: () => Promise<void>): TestDatabase {
  return Object.assign(database, { url, [Symbol.asyncDispose]: dispose });
}
