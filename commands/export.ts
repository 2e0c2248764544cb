import { count } from "../db/doctor/check.ts";
import {
  EXPORT_TABLES,
  exportColumns,
  exportPages,
  type ExportQuery,
  type ExportTable,
} from "../db/export.ts";
import { readSpooled } from "../db/spool_erasure.ts";
import { readVisitorRecord } from "../db/visitor_record.ts";
import { type Arguments, oneOf, parseDays, parseId, UsageError } from "./arguments.ts";
import { formatCsvRow, guardCell } from "./csv.ts";
import { requireSite } from "./known_site.ts";
import { reachDatabase, type Reached } from "./reach.ts";
import { Interrupted, type Subcommand } from "./subcommand.ts";
import { OutputFile, printLine, writeOut } from "./terminal.ts";

type Write = (text: string) => Promise<void>;

async function writeRows(
  reached: Reached,
  query: ExportQuery,
  args: Arguments,
  write: Write,
  interrupted: AbortSignal,
) {
  const csv = (args.value("format") ?? "csv") === "csv";
  await requireSite(reached.db, query.siteId);
  const guard = args.flag("unguarded") ? (cell: string | null) => cell : guardCell;
  if (csv) await write(formatCsvRow(await exportColumns(reached.db, query.table)));
  let rows = 0;
  for await (const { cells, json } of exportPages(reached.db, query, csv ? "cells" : "json")) {
    if (interrupted.aborted) throw new Interrupted("Interrupted: the export is incomplete");
    await write(
      csv
        ? cells.map((row) => formatCsvRow(row.map(guard))).join("")
        : json.map((line) => `${line}\n`).join(""),
    );
    rows += csv ? cells.length : json.length;
  }
  return rows;
}

/** One JSON object: who, when, and each table's rows. Written piece by piece, since a visitor may have many. */
async function writeVisitor(
  { db, config }: Reached,
  visitorId: string,
  siteId: string | undefined,
  write: Write,
) {
  if (siteId !== undefined) await requireSite(db, siteId);
  const record = await readVisitorRecord(db, { visitorId, siteId });
  const spooled = config.spoolPath === undefined ? [] : readSpooled(config.spoolPath, { visitorId, siteId });
  const head = { visitor: visitorId, site: siteId ?? null, exported_at: new Date().toISOString() };
  const byTable = Map.groupBy(record, ({ table }) => table);
  const parts = [...byTable].map(([table, rows]) => [table, rows.map(({ json }) => json)] as const);
  if (spooled.length > 0) parts.push(["spool", spooled]);
  await write(`${JSON.stringify(head, null, 2).slice(0, -2)},\n  "tables": {`);
  for (const [i, [table, rows]] of parts.entries()) {
    await write(
      `${i > 0 ? "," : ""}\n    ${JSON.stringify(table)}: [\n      ${rows.join(",\n      ")}\n    ]`,
    );
  }
  await write(`${parts.length > 0 ? "\n  " : ""}}\n}\n`);
  return record.length + spooled.length;
}

function readQuery(args: Arguments): ExportQuery {
  oneOf("format", args.value("format") ?? "csv", ["csv", "ndjson"]);
  return {
    siteId: parseId("site", args.required("site")),
    table: oneOf("table", args.value("table") ?? "events", Object.keys(EXPORT_TABLES) as ExportTable[]),
    ...parseDays(args),
  };
}

function refuse(args: Arguments, names: string[], reason: string): void {
  const given = names.find((name) => args.value(name) || args.flag(name));
  if (given !== undefined) throw new UsageError(`--${given} does not go with ${reason}`);
}

export const exportRows: Subcommand = {
  summary: "writes rows as CSV or JSON, or all that is stored of one visitor",
  help: `Usage:
  deno task footfall export --site ID --from DAY --to DAY [--table T] [--format F] [--output FILE]
  deno task footfall export --visitor ID [--site ID] [--output FILE]

The first writes a site's rows in order of time. It streams them, so memory stays small.

  --from DAY, --to DAY   the site's own days, as 2026-03-31, both included
  --table T              ${Object.keys(EXPORT_TABLES).join(", ")}; events
  --format F             csv (RFC 4180, UTF-8, a header, CRLF) or ndjson (a JSON object a line); csv
  --output FILE          instead of stdout; has its name only once it is complete
  --unguarded            leaves CSV cells as they are. Without it, a text that a spreadsheet would run as a formula
                         (it begins with = + - @ or a control character, and is no number) gets an apostrophe in front

Times are UTC with microseconds. In CSV, null is nothing at all, an empty text is ""

The second writes one JSON object with every row that is stored of a visitor, in the database and in the spool of
this folder: what a person may ask for. "tables" is empty where nothing is.`,
  options: {
    site: "value",
    visitor: "value",
    from: "value",
    to: "value",
    table: "value",
    format: "value",
    output: "value",
    unguarded: "flag",
  },
  async run(args, interrupted) {
    const visitorId = args.value("visitor");
    const query = visitorId === undefined ? readQuery(args) : undefined;
    if (!query) refuse(args, ["from", "to", "table", "format", "unguarded"], "--visitor");
    if (args.value("format") === "ndjson") refuse(args, ["unguarded"], "--format ndjson");
    const siteId = args.value("site");
    await reachDatabase(async (reached) => {
      const writeTo = (write: Write) =>
        query
          ? writeRows(reached, query, args, write, interrupted)
          : writeVisitor(reached, parseId("visitor", visitorId!), siteId, write);
      const path = args.value("output");
      if (path === undefined) return void await writeTo(writeOut);
      await using file = await OutputFile.create(path);
      const rows = await writeTo((text) => file.write(text));
      await file.finish();
      await printLine(`exported: ${count(rows, "row")} to ${path}`);
    });
  },
};
