/** `deno task sql "select …"`: one query, its rows as a table. */
import type { Table } from "../db/database.ts";
import { isNumeric, parserOf } from "../db/types.ts";
import { askDevServer } from "../dev_server.ts";
import { UsageError } from "./arguments.ts";
import { CommandError, formatColumns } from "./command.ts";
import { runTask } from "./program.ts";
import { reachDatabase } from "./reach.ts";
import type { Subcommand } from "./subcommand.ts";
import { printJson, printLine } from "./terminal.ts";

const MOST_WORDS = 10_000;

async function runQuery(query: string, interrupted: AbortSignal): Promise<Table> {
  return await reachDatabase(async ({ own, devServer }) => {
    try {
      return own ? await own.table(query) : await askDevServer<Table>(devServer, "/dev/table", query);
    } catch (error) {
      throw new CommandError((error as Error).message);
    }
  }, { unmigrated: true, interrupted });
}

/** Its rows under their columns, as a person reads it. */
export function tableText({ columns, rows }: Table): string {
  // What answers no rows at all: `create table …`, `call …`.
  if (columns.length === 0) return "done";
  const text = formatColumns(
    columns.map(({ name, typeOid }) => ({ name, right: isNumeric(typeOid) })),
    rows.map((cells) => cells.map((cell, i) => cell === null ? "" : cellText(cell, columns[i]!.typeOid))),
  );
  return rows.length === 0 ? `${text}\n(0 rows)` : text;
}

/** The same for scripts. Not an object a row: columns may have one name. */
export function tableJson({ columns, rows }: Table): { columns: string[]; rows: unknown[][] } {
  return {
    columns: columns.map(({ name }) => name),
    rows: rows.map((cells) => cells.map((cell, i) => cellJson(cell, columns[i]!.typeOid))),
  };
}

/** As Postgres prints it; but times in UTC (ISO 8601), yes and no as words, and a mean without its last zeros. */
function cellText(cell: string, typeOid: number): string {
  const value = parserOf(typeOid)(cell);
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "number") return cell.replace(/^(-?\d+)(\.\d*?)0*$/, "$1$2").replace(/\.$/, "");
  return typeof value === "boolean" ? String(value) : cell;
}

/** Numbers, JSON and times as JSON has them; a number that it would round as a text. */
function cellJson(cell: string | null, typeOid: number): unknown {
  if (cell === null) return null;
  const value = parserOf(typeOid)(cell);
  if (value instanceof Uint8Array) return cell;
  if (typeof value !== "number") return value;
  return Number.isFinite(value) && (Number.isSafeInteger(value) || !Number.isInteger(value)) ? value : cell;
}

export const sql: Subcommand = {
  summary: "runs one query and prints its rows",
  help: `Usage: deno task footfall sql "select …" [--json]

Runs one statement and prints its rows as a table, every column in order. Control characters in a value are shown as
JSON writes them; null is nothing.

  --json   answers JSON: {columns: [name], rows: [[value]]}`,
  options: { json: "flag" },
  words: MOST_WORDS,
  async run(args, interrupted) {
    const query = args.words.join(" ").trim();
    if (query === "") throw new UsageError(`say what to ask, such as "select * from user_sessions"`);
    const table = await runQuery(query, interrupted);
    await (args.flag("json") ? printJson(tableJson(table)) : printLine(tableText(table)));
  },
};

if (import.meta.main) await runTask("sql", sql);
