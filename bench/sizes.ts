import { formatTable } from "../commands/command.ts";
import type { Database } from "../db/database.ts";

/** The tables that hold more than a thousand rows, the largest first, as lines of a table. */
export async function tableSizes(db: Database): Promise<string[]> {
  const rows = await db.query(
    `select relname as table, reltuples::bigint as rows, pg_size_pretty(pg_table_size(oid)) as heap,
       pg_size_pretty(pg_indexes_size(oid)) as indexes, pg_size_pretty(pg_total_relation_size(oid)) as total
     from pg_class
     where relkind = 'r' and relnamespace = current_schema()::regnamespace and reltuples > 1000
     order by pg_total_relation_size(oid) desc`,
  );
  return formatTable(rows).split("\n");
}

/** What one table takes, in bytes, and how many of its rows are dead. */
export interface TableSize {
  heap: number;
  indexes: number;
  rows: number;
  dead: number;
}

export async function sizeOf(db: Database, table: string): Promise<TableSize> {
  const [size] = await db.query<TableSize>(
    `select pg_table_size(relid) as heap, pg_indexes_size(relid) as indexes, n_live_tup as rows, n_dead_tup as dead
     from pg_stat_user_tables where relid = $1::regclass`,
    [table],
  );
  return size!;
}
