import { type Config, ConfigError, readConfig } from "../config.ts";
import { type Database, DatabaseUnavailable, DataError } from "../db/database.ts";
import { migrationStates } from "../db/migrate.ts";
import { openDatabase } from "../db/open.ts";
import { print, printError, setLogLevel } from "../log.ts";

/** What is wrong with how a command was called, or why it cannot be done; printed without a stack trace. */
export class CommandError extends Error {
  override name = "CommandError";
}

/** Runs a command: prints what it answers, or what went wrong, and ends the process with 0 or 1. */
export async function runCommand(command: () => Promise<string>): Promise<never> {
  try {
    print(await command());
    Deno.exit(0);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    printError(isExpected(error) ? error.message : error.stack ?? String(error));
    Deno.exit(1);
  }
}

/** Whether the error's message says it all: a stack trace would only hide it. */
export function isExpected(error: Error): boolean {
  return error instanceof CommandError || error instanceof ConfigError ||
    error instanceof DatabaseUnavailable || error instanceof DataError ||
    error.message.startsWith("Cannot ");
}

/** Opens the database that the settings name, for as long as `work` takes. */
export async function withDatabase<T>(work: (db: Database, config: Config) => Promise<T>): Promise<T> {
  const config = readConfig("task");
  setLogLevel(config.logLevel === "info" ? "warn" : config.logLevel);
  await using db = await openDatabase(config.database, { driver: config.databaseDriver, poolSize: 2 });
  return await work(db, config);
}

/** @throws {CommandError} If the database lacks a migration: what the command needs may not be there */
export async function requireMigrated(db: Database): Promise<void> {
  if ((await migrationStates(db)).some(({ state }) => state === "pending")) {
    throw new CommandError("Migrations are pending. Apply them with: deno task db:migrate");
  }
}

/** Rows as an aligned table with a header; numbers to the right. */
export function formatTable(rows: Record<string, unknown>[]): string {
  if (rows.length === 0) return "(no rows)";
  const names = Object.keys(rows[0]!);
  const cells = rows.map((row) => names.map((name) => formatCell(row[name])));
  const widths = names.map((name, i) => Math.max(name.length, ...cells.map((line) => line[i]!.length)));
  const line = (values: string[], right: boolean[]) =>
    values.map((value, i) => right[i] ? value.padStart(widths[i]!) : value.padEnd(widths[i]!)).join("  ")
      .trimEnd();
  const numeric = names.map((name) =>
    rows.every((row) => row[name] === null || typeof row[name] === "number")
  );
  return [
    line(names, numeric),
    widths.map((width) => "-".repeat(width)).join("  "),
    ...cells.map((values) => line(values, numeric)),
  ].join("\n");
}

function formatCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
