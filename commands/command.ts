import { ConfigError } from "../config.ts";
import { type Database, DatabaseUnavailable, DataError } from "../db/database.ts";
import { readSchemaState } from "../db/releases.ts";

/** What is wrong with how a command was called, or why it cannot be done; printed without a stack trace. */
export class CommandError extends Error {
  override name = "CommandError";
}

/** Whether the error's message says it all: a stack trace would only hide it. */
export function isExpected(error: Error): boolean {
  return error instanceof CommandError || error instanceof ConfigError ||
    error instanceof DatabaseUnavailable || error instanceof DataError ||
    error.message.startsWith("Cannot ");
}

/** @throws {CommandError} If the database lacks a migration: what the command needs may not be there */
export async function requireMigrated(db: Database): Promise<void> {
  if ((await readSchemaState(db)).pending.length > 0) {
    throw new CommandError("Migrations are pending. Apply them with: deno task db:migrate");
  }
}

/** Rows as an aligned table with a header; numbers to the right. */
export function formatTable(rows: Record<string, unknown>[]): string {
  if (rows.length === 0) return "(no rows)";
  const names = Object.keys(rows[0]!);
  const isNumber = (name: string) => rows.every((row) => row[name] === null || typeof row[name] === "number");
  return formatColumns(
    names.map((name) => ({ name, right: isNumber(name) })),
    rows.map((row) => names.map((name) => formatCell(row[name]))),
  );
}

/** The same of cells that are texts, under columns that may have one name. */
export function formatColumns(columns: { name: string; right: boolean }[], rows: string[][]): string {
  const lines = [columns.map(({ name }) => name), ...rows].map((cells) => cells.map(withoutControls));
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => cells[i]!.length)));
  const [head, ...body] = lines.map((cells) =>
    cells.map((cell, i) => columns[i]!.right ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)).join("  ")
      .trimEnd()
  );
  return [head, widths.map((width) => "-".repeat(width)).join("  "), ...body].join("\n");
}

/** A row is a line; and what visitors have sent must not steer the terminal. */
function withoutControls(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (control) =>
      control < " "
        ? JSON.stringify(control).slice(1, -1)
        : `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function formatCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
