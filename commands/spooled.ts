import type { Config } from "../config.ts";
import { eraseSpooled, readSpooled, type SpoolKey, waitsUpTo } from "../db/spool_erasure.ts";
import type { RowCount } from "../db/visitor_record.ts";

// A collector gives up on a group from its spool after 15 s.
const DRAIN_MS = 16_000;
const LOOK_EVERY_MS = 200;
const SPOOL = "spool";

/** How many events wait in the spool of this folder, as the row of a table; none where none does. */
export function countSpooled({ spoolPath }: Config, key: SpoolKey): RowCount[] {
  return asRow(spoolPath === undefined ? 0 : readSpooled(spoolPath, key).length);
}

/**
 * Erases from the spool first, so that nothing comes into the database from there afterwards; but for what a collector
 * has just read. Once that has arrived, or was given up, the database is looked through again.
 *
 * @param work erases from the database
 * @returns what went, a row for each table and for the spool
 */
export async function eraseBesideSpool(
  { spoolPath }: Config,
  key: SpoolKey,
  interrupted: AbortSignal,
  work: () => Promise<RowCount[]>,
): Promise<RowCount[]> {
  const spool = spoolPath === undefined ? { events: 0, lastPlace: 0 } : eraseSpooled(spoolPath, key);
  const erased = await work();
  if (spoolPath !== undefined && spool.lastPlace > 0) {
    const end = performance.now() + DRAIN_MS;
    while (performance.now() < end && !interrupted.aborted && waitsUpTo(spoolPath, spool.lastPlace)) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    erased.push(...await work());
  }
  return [...sumByTable(erased), ...asRow(spool.events)];
}

/** One row for each table, in the order in which they first come. */
export function sumByTable(counts: RowCount[]): RowCount[] {
  return [...Map.groupBy(counts, ({ table }) => table)]
    .map(([table, counts]) => ({ table, rows: counts.reduce((sum, { rows }) => sum + rows, 0) }));
}

function asRow(events: number): RowCount[] {
  return events > 0 ? [{ table: SPOOL, rows: events }] : [];
}
