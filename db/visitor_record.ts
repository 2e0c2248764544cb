import type { Asked } from "./database.ts";
import { removeUnusedValues } from "./dictionary.ts";

/** Rows of one table. */
export interface RowCount {
  table: string;
  rows: number;
}

/** What one visitor is known by. */
export interface VisitorKey {
  visitorId: string;
  /** Undefined: on all sites. */
  siteId?: string;
}

/** The number of rows of a visitor in each table that has any. */
export async function countVisitorRows(
  db: Asked,
  { visitorId, siteId }: VisitorKey,
): Promise<RowCount[]> {
  return await db.query<RowCount & Record<string, unknown>>(
    `select table_name as "table", row_count as rows from count_visitor_rows($1, $2)`,
    [visitorId, siteId ?? null],
  );
}

/** How many of the visitor's sessions have other visitors' events in them. */
export async function countSharedSessions(db: Asked, { visitorId, siteId }: VisitorKey): Promise<number> {
  const [row] = await db.query<{ shared: number }>(
    "select count(*) filter (where is_shared) as shared from visitor_sessions($1, $2)",
    [visitorId, siteId ?? null],
  );
  return row!.shared;
}

/** Each row that is stored of a visitor, as the text of its JSON, with times in UTC. */
export async function readVisitorRecord(
  db: Asked,
  { visitorId, siteId }: VisitorKey,
): Promise<{ table: string; json: string }[]> {
  return await db.query<{ table: string; json: string }>(
    `select table_name as "table", record::text as json from visitor_record($1, $2)`,
    [visitorId, siteId ?? null],
  );
}

/**
 * Removes a visitor from the database, all or nothing; from then on every question answers as if it had never come.
 *
 * @returns what went, a row for each table that had any
 */
export async function eraseVisitor(db: Asked, { visitorId, siteId }: VisitorKey): Promise<RowCount[]> {
  return await db.query<RowCount & Record<string, unknown>>(
    `select table_name as "table", row_count as rows from erase_visitor($1, $2)`,
    [visitorId, siteId ?? null],
  );
}

/** Makes the roll-ups again that {@linkcode eraseVisitor} has marked, and removes the texts that only the visitor used. */
export async function eraseTraces(db: Asked): Promise<void> {
  await db.query("select roll_up_stale_days()");
  await removeUnusedValues(db);
}
