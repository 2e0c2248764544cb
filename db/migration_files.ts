import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";

/** One numbered migration: `migrations/0001_events_log.sql` with its `.down.sql`. */
export interface MigrationFile {
  version: number;
  /** As the file is named, without its ending: `0001_events_log`. */
  name: string;
  up: string;
  down: string;
  /** SHA-256 of `up`, hex. */
  checksum: string;
}

/** A file of functions and procedures, applied again whenever it changes. */
export interface ProcedureFile {
  /** Its path from the project's root: `etl/procedures/05_cleanup.sql`. */
  name: string;
  script: string;
  checksum: string;
  /** The functions and procedures that it creates. */
  creates: string[];
}

/** The schema, as the files of a release have it. */
export interface SchemaFiles {
  migrations: MigrationFile[];
  procedures: ProcedureFile[];
}

const ROOT = new URL("../", import.meta.url);
const MIGRATIONS = "migrations/";
const PROCEDURES = ["db/procedures/", "etl/procedures/"];

/** All of them. @throws {Error} As {@linkcode readMigrations} */
export async function readSchemaFiles(): Promise<SchemaFiles> {
  const [migrations, procedures] = await Promise.all([readMigrations(), readProcedures()]);
  return { migrations, procedures };
}

/** The migrations in order. @throws {Error} If a number is doubled, or a `.down.sql` is missing */
export async function readMigrations(): Promise<MigrationFile[]> {
  const names = (await fileNames(MIGRATIONS)).filter((name) => !name.endsWith(".down.sql"));
  const versions = names.map(versionOf);
  return await Promise.all(names.map(async (file, index) => {
    const version = versions[index]!;
    // A gap does no harm: of two branches with a migration each, either may be merged first.
    if (version === versions[index - 1]) {
      throw new Error(`Cannot read migrations: ${names[index - 1]} and ${file} have the same number`);
    }
    const name = file.slice(0, -".sql".length);
    const [up, down] = await Promise.all([read(MIGRATIONS + file), read(`${MIGRATIONS}${name}.down.sql`)]);
    return { version, name, up, down, checksum: sha256(up) };
  }));
}

/** The procedures in the order in which they are applied. */
export async function readProcedures(): Promise<ProcedureFile[]> {
  const files = await Promise.all(
    PROCEDURES.map(async (folder) => (await fileNames(folder)).map((name) => folder + name)),
  );
  return await Promise.all(
    files.flat().map(async (name) => {
      const script = await read(name);
      const creates = [...script.matchAll(/^create or replace (?:function|procedure) (\w+)/gm)]
        .map((match) => match[1]!);
      return { name, script, checksum: sha256(script), creates };
    }),
  );
}

function versionOf(file: string): number {
  const number = /^(\d{4})_\w+\.sql$/.exec(file)?.[1];
  if (number === undefined) {
    throw new Error(`Cannot read migrations: ${file} should be named as 0001_events_log.sql`);
  }
  return Number(number);
}

async function fileNames(folder: string): Promise<string[]> {
  const names = await readdir(new URL(folder, ROOT));
  return names.filter((name) => name.endsWith(".sql")).sort();
}

function read(path: string): Promise<string> {
  return readFile(new URL(path, ROOT), "utf8");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
