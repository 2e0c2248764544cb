import type { Asked } from "./database.ts";

/** What can be exported, by the name that people say. */
export const EXPORT_TABLES = {
  events: { table: "user_events", time: "event_timestamp", id: "id" },
  pageviews: { table: "pageviews", time: "view_timestamp", id: "id" },
  sessions: { table: "user_sessions", time: "session_start", id: "session_id" },
  forms: { table: "form_submissions", time: "submit_timestamp", id: "id" },
} as const;
export type ExportTable = keyof typeof EXPORT_TABLES;

export interface ExportQuery {
  siteId: string;
  table: ExportTable;
  /** The site's days, as `YYYY-MM-DD`; both included. */
  from: string;
  to: string;
}

/** A piece of an export: each row as its cells' texts (null where the cell is), or as one JSON object. */
export interface ExportPage {
  cells: (string | null)[][];
  json: string[];
}

// The larger, the more memory; below this the round trips begin to cost.
const PAGE_ROWS = 1_000;

/** The columns, in the table's own order. */
export async function exportColumns(db: Asked, table: ExportTable): Promise<string[]> {
  return (await readColumns(db, EXPORT_TABLES[table].table)).map(({ name }) => name);
}

/**
 * A site's rows in the order of time, some thousand at once, so that any number of rows needs the memory of a few.
 *
 * Each page begins behind the last one's last key, which the table's index on (site, time) finds at once: no transaction
 * stays open for as long as the reader is slow, and a pooler does not matter. Rows that are written meanwhile may or may
 * not be part of it. Times are UTC, as `2026-03-10T12:00:00.000000Z`.
 */
export async function* exportPages(
  db: Asked,
  { siteId, table, from, to }: ExportQuery,
  format: "cells" | "json",
  pageRows = PAGE_ROWS,
): AsyncGenerator<ExportPage> {
  const { table: name, time, id } = EXPORT_TABLES[table];
  const columns = await readColumns(db, name);
  const values = columns.map(({ name, type }) =>
    type === "timestamptz"
      ? `to_char(${quote(name)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
      : quote(name)
  );
  const row = format === "cells"
    ? `array[${values.map((value) => `(${value})::text`).join(", ")}]`
    : `row_to_json((select r from (select ${
      values.map((value, i) => `${value} as ${quote(columns[i]!.name)}`).join(", ")
    }) r))::text`;
  let after: { at: string; id: string } | undefined;
  for (;;) {
    const rows = await db.query<{ at: string; id: string; row: unknown }>(
      `select (${time} at time zone 'UTC')::text as at, ${id}::text as id, ${row} as row
       from ${name}
       where site_id = $1
         and ${time} >= (select starts from day_bounds($1, array[$2::date]))
         and ${time} < (select ends from day_bounds($1, array[$3::date]))
         ${after ? `and (${time}, ${id}) > ($4::timestamp at time zone 'UTC', $5)` : ""}
       order by ${time}, ${id} limit ${pageRows}`,
      [siteId, from, to, ...(after ? [after.at, after.id] : [])],
    );
    if (rows.length > 0) {
      yield format === "cells"
        ? { cells: rows.map(({ row }) => row as (string | null)[]), json: [] }
        : { cells: [], json: rows.map(({ row }) => row as string) };
    }
    if (rows.length < pageRows) return;
    after = rows.at(-1)!;
  }
}

async function readColumns(db: Asked, table: string): Promise<{ name: string; type: string }[]> {
  return await db.query<{ name: string; type: string }>(
    `select a.attname as name, t.typname as type
     from pg_attribute a join pg_type t on t.oid = a.atttypid
     where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
     order by a.attnum`,
    [table],
  );
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
