import type { Context } from "hono";
import { accepts } from "hono/accepts";
import type { StatsQuery } from "../../db/stats/query.ts";

export type Cell = string | number | boolean | null | undefined;

/** The list of an answer as a table. */
export interface Table {
  columns: readonly string[];
  rows: readonly Readonly<Record<string, unknown>>[];
}

/** Whether the client would rather have CSV than JSON. */
export function wantsCsv(c: Context): boolean {
  const preferred = accepts(c, {
    header: "Accept",
    supports: ["application/json", "text/csv"],
    default: "application/json",
  });
  return preferred === "text/csv";
}

/** The answer's list as a file. */
export function answerCsv(c: Context, { site, range }: StatsQuery, name: string, table: Table): Response {
  // Whatever the site is called: a header holds plain ASCII.
  const file = `${site.replace(/[^\w.-]/g, "_")}-${name}-${range.from}-${range.to}.csv`;
  return c.body(formatCsv(table), 200, {
    "content-type": "text/csv; charset=utf-8; header=present",
    "content-disposition": `attachment; filename="${file}"`,
  });
}

/** The table as CSV (RFC 4180), with a line of names first; nothing where a cell is null. */
export function formatCsv({ columns, rows }: Table): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] as Cell))];
  return lines.map((cells) => cells.map(formatCell).join(",") + "\r\n").join("");
}

function formatCell(cell: Cell): string {
  if (typeof cell !== "string") return String(cell ?? "");
  // What a spreadsheet would run as a formula: visitors choose the paths and campaigns that stand here (OWASP, CSV Injection).
  const text = /^[=+\-@\t\r\n＝＋－＠]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
