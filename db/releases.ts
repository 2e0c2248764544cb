import { compare } from "@std/semver/compare";
import { parse } from "@std/semver/parse";
import { createHash } from "node:crypto";
import { VERSION } from "../version.ts";
import type { Asked } from "./database.ts";
import { type ProcedureFile, readSchemaFiles, type SchemaFiles } from "./migration_files.ts";

/** The schema as the files of this release have it, and as the database does. */
export interface SchemaState {
  /** Migrations of the files that the database lacks. */
  pending: string[];
  /** Files of procedures that the database does not have as they are, and that are to be applied. */
  stale: string[];
  /** Undefined unless a newer release has migrated the database. */
  newer: NewerSchema | undefined;
}

/** What the database has of a newer release. */
export interface NewerSchema {
  /** The release that migrated it last; undefined where it is not known, or another build of this one. */
  release: string | undefined;
  /** Migrations that this release does not have. */
  migrations: string[];
  /** Files of procedures that this release has otherwise, or not at all. */
  procedures: string[];
}

/** Something cannot be done because a newer release has migrated the database. */
export class NewerDatabase extends Error {
  override name = "NewerDatabase";
  /** @param what cannot be done, as `migrate` */
  constructor(what: string, readonly newer: NewerSchema) {
    const isReplaceable = newer.migrations.length === 0;
    super(
      `Cannot ${what}: ${describeNewer(newer)}. ${adviceOf(newer)}` +
        (isReplaceable && what === "migrate"
          ? "; to go back to this release: deno task db:migrate --replace"
          : ""),
    );
  }
}

/** As `the database is of a newer release than this one (0.1.0): it has 0023_more`. */
export function describeNewer({ migrations, procedures, release }: NewerSchema): string {
  const names = migrations.length > 0 ? migrations : procedures;
  const shown = names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "");
  return `the database is of ${release === undefined ? "a newer build" : `release ${release}, newer`} ` +
    `than this one (${VERSION}): it has ${shown}`;
}

/** Which release to use. */
export function adviceOf({ release }: NewerSchema): string {
  return release === undefined
    ? "Use the files with which it was migrated last, or later ones"
    : `Use release ${release} or a later one`;
}

/** Compares the files of this release with the database. Changes nothing. @param files where they were read before */
export async function readSchemaState(db: Asked, files?: SchemaFiles): Promise<SchemaState> {
  const { migrations, procedures } = files ?? await readSchemaFiles();
  const [tables] = await db.query<{ books: boolean; releases: boolean }>(
    `select to_regclass('schema_migrations') is not null and to_regclass('schema_procedures') is not null as books,
       to_regclass('schema_releases') is not null as releases`,
  );
  if (!tables!.books) {
    return {
      pending: migrations.map(({ name }) => name),
      stale: procedures.map(({ name }) => name),
      newer: undefined,
    };
  }
  const applied = await db.query<{ version: number; name: string }>(
    "select version, name from schema_migrations order by version",
  );
  const known = await db.query<{ name: string; checksum: string }>(
    "select name, checksum from schema_procedures order by name",
  );
  const releases = tables!.releases
    ? await db.query<Release>("select procedures, release from schema_releases order by migrated_at desc")
    : [];
  const pending = migrations.filter((file) => !applied.some(({ version }) => version === file.version));
  const unknown = applied.filter(({ version }) => !migrations.some((file) => file.version === version));
  const changed = procedures.filter((file) =>
    !known.some(({ name, checksum }) => name === file.name && checksum === file.checksum)
  );
  const foreign = known.filter(({ name }) => !procedures.some((file) => file.name === name));
  const different = [...foreign, ...changed].map(({ name }) => name);
  const hasGoneOn = unknown.length > 0 ||
    different.length > 0 && isLater(releases, fingerprintOf(procedures), foreign.length > 0);
  const last = releases[0]?.release;
  return {
    pending: pending.map(({ name }) => name),
    stale: hasGoneOn ? [] : changed.map(({ name }) => name),
    newer: hasGoneOn
      ? {
        release: last !== undefined && compareReleases(last, VERSION) > 0 ? last : undefined,
        migrations: unknown.map(({ name }) => name),
        procedures: different,
      }
      : undefined,
  };
}

interface Release {
  /** The fingerprint of its procedures. */
  procedures: string;
  release: string;
}

/**
 * Whether procedures that differ from ours are of a later release, rather than of an earlier one.
 *
 * @param releases the latest first; none where they were not recorded yet, or a migration was undone
 * @param hasForeign whether some are in files that we do not have at all
 */
function isLater(releases: Release[], own: string, hasForeign: boolean): boolean {
  const [last] = releases;
  if (last === undefined) return false;
  const order = compareReleases(last.release, VERSION);
  if (order !== 0) return order > 0;
  // Another build of this release: one that has come after ours, or it has something that ours has not.
  return hasForeign || releases.findIndex(({ procedures }) => procedures === own) > 0;
}

/** Notes that the database is now as this release has it. @param replace forgets the later ones */
export async function recordRelease(db: Asked, procedures: ProcedureFile[], replace: boolean): Promise<void> {
  if (replace) await forgetReleases(db);
  await db.query(
    "insert into schema_releases (procedures, release) values ($1, $2) on conflict (procedures) do nothing",
    [fingerprintOf(procedures), VERSION],
  );
}

/** From now on any release may put its procedures in place. */
export async function forgetReleases(db: Asked): Promise<void> {
  const [table] = await db.query<{ there: boolean }>(
    "select to_regclass('schema_releases') is not null as there",
  );
  if (table!.there) await db.query("delete from schema_releases");
}

function fingerprintOf(procedures: ProcedureFile[]): string {
  const hash = createHash("sha256");
  for (const { name, checksum } of procedures) hash.update(`${name} ${checksum}\n`);
  return hash.digest("hex");
}

function compareReleases(a: string, b: string): number {
  return compare(parse(a), parse(b));
}
