import { requireFit } from "./conditions.ts";
import type { Asked, Database, Queryable } from "./database.ts";
import { type MigrationFile, readMigrations, readSchemaFiles, type SchemaFiles } from "./migration_files.ts";
import { forgetReleases, NewerDatabase, readSchemaState, recordRelease } from "./releases.ts";
import { requireSupportedVersion } from "./server_version.ts";

/** What a run of {@linkcode migrate} did, by file name, in order. */
export interface MigrationReport {
  applied: string[];
  procedures: string[];
}

/** One line of `db:migrate --status`. `changed`: the file is no longer what was applied. */
export interface MigrationState {
  name: string;
  state: "applied" | "pending" | "changed" | "unknown";
  appliedAt: Date | null;
}

interface AppliedMigration {
  version: number;
  name: string;
  checksum: string;
  applied_at: Date;
}

// A migration may rewrite a table: no statement timeout.
const UNHURRIED = { statementTimeout: 0 };

/**
 * Applies the pending migrations, each in a transaction of its own, then every file of procedures that changed.
 *
 * Several processes may call it at once: each transaction begins with the same lock and looks again at what is
 * pending, so that the second one waits and finds nothing to do.
 *
 * @param options.replace replaces the procedures of a newer release, unless it has also applied migrations
 * @throws {NewerDatabase} If a newer release has migrated the database
 * @throws {Error} If the server is too old, something else about the database or its user does not fit, an applied
 * migration's file was changed since, or a script fails; nothing of it is kept then
 */
export async function migrate(
  db: Database,
  { replace = false }: { replace?: boolean } = {},
): Promise<MigrationReport> {
  await requireSupportedVersion(db);
  await requireFit(db, "migrate");
  const files = await readSchemaFiles();
  const report: MigrationReport = { applied: [], procedures: [] };
  for (;;) {
    const name = await db.transaction((tx) => applyNext(tx, files, replace), UNHURRIED);
    if (name === undefined) break;
    report.applied.push(name);
  }
  report.procedures = await db.transaction((tx) => applyProcedures(tx, files, replace), UNHURRIED);
  return report;
}

/** Undoes the last `count` migrations, newest first. Answers their names. @throws {RangeError} If count < 1 */
export async function migrateDown(db: Database, count: number): Promise<string[]> {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`Cannot undo ${count} migrations: give a whole number from 1 on`);
  }
  const migrations = await readMigrations();
  const undone: string[] = [];
  for (let i = 0; i < count; i++) {
    const name = await db.transaction((tx) => undoLast(tx, migrations), UNHURRIED);
    if (name === undefined) break;
    undone.push(name);
  }
  return undone;
}

/** Every migration, of the files and of the database, in order. Changes nothing. */
export async function migrationStates(db: Asked): Promise<MigrationState[]> {
  const migrations = await readMigrations();
  const [found] = await db.query<{ found: boolean }>(
    "select to_regclass('schema_migrations') is not null as found",
  );
  const applied = new Map((found?.found ? await readApplied(db) : []).map((row) => [row.version, row]));
  const states = migrations.map((file): MigrationState => {
    const row = applied.get(file.version);
    applied.delete(file.version);
    if (!row) return { name: file.name, state: "pending", appliedAt: null };
    const state = row.checksum === file.checksum ? "applied" : "changed";
    return { name: file.name, state, appliedAt: row.applied_at };
  });
  const unknown = [...applied.values()].map((row): MigrationState => (
    { name: row.name, state: "unknown", appliedAt: row.applied_at }
  ));
  return [...states, ...unknown];
}

/** @throws {NewerDatabase} If this release would undo what a newer one has done */
async function requireOurs(tx: Queryable, files: SchemaFiles, replace: boolean): Promise<void> {
  const { newer } = await readSchemaState(tx, files);
  if (newer && !(replace && newer.migrations.length === 0)) throw new NewerDatabase("migrate", newer);
}

async function applyNext(tx: Queryable, files: SchemaFiles, replace: boolean): Promise<string | undefined> {
  await lockAndPrepare(tx);
  await requireOurs(tx, files, replace);
  const { migrations } = files;
  const applied = new Map((await readApplied(tx)).map((row) => [row.version, row]));
  for (const file of migrations) {
    const row = applied.get(file.version);
    if (row && row.checksum !== file.checksum) {
      throw new Error(
        `Cannot migrate: ${file.name}.sql was changed after it was applied. ` +
          "Restore the file, and put the change into a new migration",
      );
    }
  }
  const next = migrations.find((file) => !applied.has(file.version));
  if (!next) return undefined;
  await run(tx, `${next.name}.sql`, next.up);
  await tx.query("insert into schema_migrations (version, name, checksum) values ($1, $2, $3)", [
    next.version,
    next.name,
    next.checksum,
  ]);
  return next.name;
}

async function undoLast(tx: Queryable, migrations: MigrationFile[]): Promise<string | undefined> {
  await lockAndPrepare(tx);
  const last = (await readApplied(tx)).at(-1);
  if (!last) return undefined;
  const file = migrations.find((candidate) => candidate.version === last.version);
  if (!file) {
    throw new Error(`Cannot undo ${last.name}: this version of the code does not have its .down.sql`);
  }
  await run(tx, `${file.name}.down.sql`, file.down);
  await tx.query("delete from schema_migrations where version = $1", [file.version]);
  await forgetReleases(tx);
  // Procedures stand on all of the schema; the last migration to go takes them along.
  if (last.version === 1) await dropProcedures(tx);
  return file.name;
}

async function applyProcedures(tx: Queryable, files: SchemaFiles, replace: boolean): Promise<string[]> {
  await lockAndPrepare(tx);
  await requireOurs(tx, files, replace);
  const { procedures } = files;
  const rows = await tx.query<{ name: string; checksum: string; creates: string[] }>(
    "select name, checksum, creates from schema_procedures",
  );
  const known = new Map(rows.map((row) => [row.name, row]));
  const changed = procedures.filter((file) => known.get(file.name)?.checksum !== file.checksum);
  const gone = rows.filter((row) => !procedures.some((file) => file.name === row.name));
  // Dropped first, since `create or replace` can change neither parameters' names nor a result.
  await dropRoutines(tx, [
    ...gone.flatMap((row) => row.creates),
    ...changed.flatMap((file) => [...file.creates, ...known.get(file.name)?.creates ?? []]),
  ]);
  await tx.query("delete from schema_procedures where name = any($1::text[])", [gone.map((row) => row.name)]);
  for (const file of changed) {
    await run(tx, file.name, file.script);
    await tx.query(
      `insert into schema_procedures (name, checksum, creates) values ($1, $2, $3::text[])
       on conflict (name) do update
       set checksum = excluded.checksum, creates = excluded.creates, applied_at = now()`,
      [file.name, file.checksum, file.creates],
    );
  }
  await recordRelease(tx, procedures, replace);
  return changed.map((file) => file.name);
}

async function dropProcedures(tx: Queryable): Promise<void> {
  const rows = await tx.query<{ creates: string[] }>("delete from schema_procedures returning creates");
  await dropRoutines(tx, rows.flatMap((row) => row.creates));
}

async function dropRoutines(tx: Queryable, names: string[]): Promise<void> {
  const routines = await tx.query<{ drop: string }>(
    `select format('drop routine %s', oid::regprocedure) as drop
     from pg_proc where proname = any($1::text[]) and pronamespace = current_schema()::regnamespace`,
    [names],
  );
  for (const { drop } of routines) await tx.exec(drop);
}

async function lockAndPrepare(tx: Queryable): Promise<void> {
  await tx.query("select pg_advisory_xact_lock(hashtextextended('footfall:migrate', 0))");
  await tx.exec(`
    create table if not exists schema_migrations (
      version    integer     primary key,
      name       text        not null,
      checksum   text        not null,
      applied_at timestamptz not null default now()
    );
    create table if not exists schema_procedures (
      name       text        primary key,
      checksum   text        not null,
      creates    text[]      not null,
      applied_at timestamptz not null default now()
    );
  `);
}

function readApplied(db: Asked): Promise<AppliedMigration[]> {
  return db.query<AppliedMigration>(
    "select version, name, checksum, applied_at from schema_migrations order by version",
  );
}

async function run(tx: Queryable, name: string, script: string): Promise<void> {
  try {
    await tx.exec(script);
  } catch (error) {
    throw new Error(`Cannot apply ${name}: ${(error as Error).message}`, { cause: error });
  }
}
