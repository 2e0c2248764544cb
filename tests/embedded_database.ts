import { cp } from "node:fs/promises";
import type { Database } from "../db/database.ts";
import { migrate } from "../db/migrate.ts";
import { openDatabase } from "../db/open.ts";
import { type DatabaseState, databaseState, resetDatabase } from "./database_reset.ts";
import type { TestDatabase, TestOptions } from "./test_database.ts";
import { environment, exists } from "./test_environment.ts";

export type Kind = "empty" | "migrated";

/** A migrated embedded database. */
export function embeddedDatabase(options?: TestOptions): Promise<TestDatabase> {
  return lendEmbedded("migrated", options?.own);
}

/** An embedded database without a single table. */
export function emptyEmbeddedDatabase(options?: TestOptions): Promise<TestDatabase> {
  return lendEmbedded("empty", options?.own);
}

/**
 * The directory of an embedded database to copy, made by the first test that needs it: initializing one takes
 * seconds, a copy tenths of a second.
 */
async function embeddedTemplate(kind: Kind): Promise<string> {
  const template = `${environment().directory}/pglite-${kind}`;
  using lock = await Deno.open(`${template}.making`, { write: true, create: true });
  await lock.lock(true);
  if (await exists(template)) return template;
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

/** Copies the files of a migrated embedded database to `directory`, for a process to open. */
export async function copyEmbedded(directory: string): Promise<void> {
  await cp(await embeddedTemplate("migrated"), directory, { recursive: true });
}

interface Embedded {
  database: Database;
  directory: string;
  fresh: DatabaseState;
}

/** What the tests of this file use in turn. One that needs two at once opens the second one itself. */
const idle: Partial<Record<Kind, Embedded>> = {};

const sharedKinds = new Set<Kind>();

/**
 * Opens the embedded database that the tests of this file use, and closes it after the last one: starting one takes
 * a second of processor time, emptying it a tenth. It is opened before the tests, since a test has to close what it
 * opens.
 */
export function shareEmbedded(kind: Kind): void {
  if (sharedKinds.has(kind)) return;
  sharedKinds.add(kind);
  let shared: Embedded;
  Deno.test.beforeAll(async () => {
    shared = await openEmbedded(kind);
    await stopTimer(shared.database);
    idle[kind] = shared;
  });
  Deno.test.afterAll(() => removeEmbedded(shared));
}

async function lendEmbedded(kind: Kind, ownOnly = false): Promise<TestDatabase> {
  const shared = ownOnly
    ? undefined
    : idle[kind] ?? (environment().isQuick ? await openEmbedded(kind) : undefined);
  if (shared) {
    delete idle[kind];
    return lent(shared, async () => {
      if (await resetDatabase(shared.database, shared.fresh)) idle[kind] = shared;
      await stopTimer(shared.database);
    });
  }
  const opened = await openEmbedded(kind);
  return lent(opened, () => removeEmbedded(opened));
}

function lent({ database, directory }: Embedded, dispose: () => Promise<void>): TestDatabase {
  return Object.assign(database, { url: `pglite:${directory}/data`, [Symbol.asyncDispose]: dispose });
}

async function openEmbedded(kind: Kind): Promise<Embedded> {
  const template = await embeddedTemplate(kind);
  const directory = await Deno.makeTempDir({ dir: environment().directory, prefix: "pglite-" });
  await cp(template, `${directory}/data`, { recursive: true });
  const database = await openDatabase(`pglite:${directory}/data`);
  return { database, directory, fresh: await databaseState(database) };
}

async function removeEmbedded({ database, directory }: Embedded): Promise<void> {
  await database.close();
  await Deno.remove(directory, { recursive: true });
}

/**
 * PGlite writes its statistics ten seconds after a statement, by a timer that would end in some later test. They are
 * written at once instead, and a statement timeout, which is never late for a statement of this thread, takes the
 * timer's place for its millisecond.
 */
async function stopTimer(database: Database): Promise<void> {
  await database.exec("set statement_timeout = 1");
  await database.exec("select pg_stat_force_next_flush()");
  await database.exec("reset statement_timeout");
  await new Promise((resolve) => setTimeout(resolve, 2));
}
