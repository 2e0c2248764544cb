import type { Context } from "hono";
import { accepts } from "hono/accepts";
import type { Question } from "./question.ts";
import { asked } from "./question.ts";
import { oneOf } from "./parameters.ts";

export type Cell = string | number | boolean | null | undefined;

type Rows = readonly Readonly<Record<string, unknown>>[];

/** The list of an answer as a table. */
export interface Table {
  columns: readonly string[];
  rows: Rows;
}

/** A table whose rows come piece by piece: `read` hands them to `take` until that returns false. */
export interface LongTable {
  columns: readonly string[];
  read: (take: (rows: Rows) => boolean) => Promise<void>;
}

/** The label of the row that sums up omitted values. */
export const OTHERS = "(others)";

/** `format`, for those who cannot send a header, such as a link. */
export const FORMAT = {
  format: oneOf("format", ["json", "csv", "excel"]).optional().openapi({
    description:
      "In place of the header `Accept`. `excel` is CSV that Excel opens by a double click: with a byte order mark, and " +
      "with the separator and the decimal mark of the language of `Accept-Language`.",
  }),
};

/** Whether the client would rather have CSV than JSON. */
export function wantsCsv(c: Context): boolean {
  const format = c.req.query("format");
  if (format !== undefined) return format !== "json";
  const preferred = accepts(c, {
    header: "Accept",
    supports: ["application/json", "text/csv"],
    default: "application/json",
  });
  return preferred === "text/csv";
}

/** How the cells of a file are written. */
interface Dialect {
  begin: string;
  separator: "," | ";";
  decimalMark: "." | ",";
}

const PLAIN: Dialect = { begin: "", separator: ",", decimalMark: "." };

/**
 * Excel splits the cells of a file that is opened by the list separator of the system's region, which is `;` where a
 * decimal mark is a comma. A first line `sep=;` would make it ignore the byte order mark.
 */
function excelDialect(acceptLanguage: string | undefined): Dialect {
  const [, language] = /^\s*([a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3})/i.exec(acceptLanguage ?? "") ??
    [];
  return {
    begin: "\ufeff",
    ...hasDecimalComma(language) ? { separator: ";", decimalMark: "," } : PLAIN_MARKS,
  };
}

const PLAIN_MARKS = { separator: ",", decimalMark: "." } as const;

function hasDecimalComma(language: string | undefined): boolean {
  try {
    return new Intl.NumberFormat(language ?? "en").format(1.5).includes(",");
  } catch {
    return false; // No such language.
  }
}

/** The answer's list as a file. @param headers what else the JSON would say */
export function answerCsv(
  c: Context,
  question: Question,
  name: string,
  { columns, rows }: Table,
  headers: Record<string, string> = {},
): Response {
  const dialect = dialectOf(c);
  const text = formatHead(columns, dialect) + formatRows(rows, columns, dialect);
  return c.body(text, 200, { ...headersOf(question, name), ...headers });
}

/**
 * As {@linkcode answerCsv}, for lists of any length: rows are sent as they are read.
 *
 * @throws what `read` throws before the first rows; later it breaks the answer off, so that nobody takes it for the whole
 */
export async function streamCsv(
  c: Context,
  question: Question,
  name: string,
  { columns, read }: LongTable,
): Promise<Response> {
  const dialect = dialectOf(c);
  const encoder = new TextEncoder();
  const begun = Promise.withResolvers<void>();
  let isWanted = true;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(formatHead(columns, dialect)));
      const take = (rows: Rows) => {
        if (isWanted) controller.enqueue(encoder.encode(formatRows(rows, columns, dialect)));
        begun.resolve();
        return isWanted;
      };
      read(take).then(() => {
        begun.resolve();
        if (isWanted) controller.close();
      }, (error) => {
        begun.reject(error);
        if (isWanted) controller.error(error);
      });
    },
    cancel() {
      isWanted = false;
    },
  });
  await begun.promise;
  return c.body(body, 200, headersOf(question, name));
}

function dialectOf(c: Context): Dialect {
  return c.req.query("format") === "excel" ? excelDialect(c.req.header("accept-language")) : PLAIN;
}

function headersOf(question: Question, name: string): Record<string, string> {
  const { site, range } = question;
  // Whatever the site is called: a header holds plain ASCII.
  const file = `${site.replace(/[^\w.-]/g, "_")}-${name}-${range.from}-${range.to}.csv`;
  const { incompleteBefore } = asked(question);
  return {
    "content-type": "text/csv; charset=utf-8; header=present",
    "content-disposition": `attachment; filename="${file}"`,
    ...(incompleteBefore && { "x-incomplete-before": incompleteBefore }),
  };
}

function formatHead(columns: readonly string[], dialect: Dialect): string {
  return dialect.begin + formatLine(columns, dialect);
}

/** The rows as CSV (RFC 4180); nothing where a cell is null. */
function formatRows(rows: Rows, columns: readonly string[], dialect: Dialect): string {
  return rows.map((row) => formatLine(columns.map((column) => row[column] as Cell), dialect)).join("");
}

function formatLine(cells: readonly Cell[], dialect: Dialect): string {
  return cells.map((cell) => formatCell(cell, dialect)).join(dialect.separator) + "\r\n";
}

function formatCell(cell: Cell, { separator, decimalMark }: Dialect): string {
  if (typeof cell === "number") return String(cell).replace(".", decimalMark);
  if (typeof cell !== "string") return String(cell ?? "");
  // What a spreadsheet would run as a formula: visitors choose the paths and campaigns that stand here (OWASP, CSV Injection).
  const text = /^[=+\-@\t\r\n＝＋－＠]/.test(cell) ? `'${cell}` : cell;
  return /["\r\n]/.test(text) || text.includes(separator) ? `"${text.replaceAll('"', '""')}"` : text;
}
