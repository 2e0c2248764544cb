import { statfsSync } from "node:fs";
import { ask, type Check, count, type Finding, formatBytes, list, ok, problem, warning } from "./check.ts";

const MIN_DEAD_ROWS = 50_000;
const DEAD_SHARE = 0.2;
const LARGE_INDEX_BYTES = 100_000_000;

const bloat: Check = {
  name: "bloat",
  asks: "database",
  async run({ db }) {
    const bloated = await db.query<{ name: string; bytes: number }>(
      "select name, bytes from bloated_indexes() order by bytes desc",
    );
    return bloated.length === 0 ? ok("no index has four times the size that it needs") : warning(
      `indexes of more than four times the size that they need: ${
        list(bloated.map(({ name, bytes }) => `${name} ${formatBytes(bytes)}`))
      }`,
      `reindex index concurrently ${bloated[0]!.name}; the job maintenance does it on a month's first Sunday`,
    );
  },
};

const deadRows: Check = {
  name: "dead rows",
  asks: "database",
  async run({ db }) {
    const tables = await db.query<{ name: string; dead: number; live: number }>(
      `select relname as name, n_dead_tup as dead, n_live_tup as live from pg_stat_user_tables
       where schemaname = current_schema() and n_dead_tup > $1 and n_dead_tup > $2::float8 * (n_live_tup + n_dead_tup)
       order by n_dead_tup desc`,
      [MIN_DEAD_ROWS, DEAD_SHARE],
    );
    return tables.length === 0 ? ok("no table has many") : warning(
      list(
        tables.map(({ name, dead, live }) =>
          `${name} ${count(dead, "dead row")} beside ${live.toLocaleString("en-US")}`
        ),
      ),
      `vacuum analyze ${
        tables[0]!.name
      }; a transaction that stays open keeps them (pg_stat_activity.xact_start)`,
    );
  },
};

const unusedIndexes: Check = {
  name: "unused indexes",
  asks: "database",
  async run({ db }) {
    // Only indexes that guard nothing; and only where the server has counted for a month.
    const indexes = await db.query<{ name: string; bytes: number }>(
      `select s.indexrelname as name, pg_relation_size(s.indexrelid) as bytes
       from pg_stat_user_indexes s
       join pg_index x on x.indexrelid = s.indexrelid
       join pg_class t on t.oid = s.relid
       where s.schemaname = current_schema() and s.idx_scan = 0 and not x.indisunique and not t.relispartition
         and pg_relation_size(s.indexrelid) > $1
         and (select coalesce(stats_reset, pg_postmaster_start_time()) from pg_stat_database where datname = current_database())
           < now() - interval '30 days'
       order by 2 desc`,
      [LARGE_INDEX_BYTES],
    );
    return indexes.length === 0 ? ok("none that is large and was not read for a month") : warning(
      list(indexes.map(({ name, bytes }) => `${name} ${formatBytes(bytes)}`)),
      "if nobody asks what it answers, a migration may drop it: each index costs the ETL a part of its speed",
    );
  },
};

const size: Check = {
  name: "size",
  asks: "database",
  async run({ db }) {
    const { bytes, directory } = await ask<{ bytes: number; directory: string | null }>(
      db,
      `select pg_database_size(current_database()) as bytes,
         case when pg_has_role(current_user, 'pg_read_all_settings', 'usage') then current_setting('data_directory', true) end as directory`,
    );
    const tables = await db.query<{ name: string; bytes: number }>(
      `select coalesce(i.inhparent, c.oid)::regclass::text as name, sum(pg_total_relation_size(c.oid)) as bytes
       from pg_class c left join pg_inherits i on i.inhrelid = c.oid
       where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
       group by 1 order by 2 desc limit 3`,
    );
    const message = [
      `database ${formatBytes(bytes)}`,
      ...tables.map(({ name, bytes }, i) => `${i === 0 ? "of that " : ""}${name} ${formatBytes(bytes)}`),
    ].join(", ");
    const space = directory === null ? undefined : freeSpace(directory);
    return space
      ? judgeSpace(message, space, "RETENTION_DAYS; deno task footfall retention --dry-run")
      : ok(message);
  },
};

export interface Space {
  free: number;
  total: number;
}

/** Of the disk that holds the path; undefined where that is not on this machine. */
export function freeSpace(path: string): Space | undefined {
  try {
    const { bavail, blocks, bsize } = statfsSync(path);
    return { free: bavail * bsize, total: blocks * bsize };
  } catch {
    return undefined;
  }
}

/** @param remedy what would make room */
export function judgeSpace(message: string, { free, total }: Space, remedy: string): Finding {
  const told = `${message}; ${formatBytes(free)} of ${formatBytes(total)} of the disk are free`;
  if (free < 200_000_000) return problem(told, `make room on the disk: ${remedy}`);
  if (free < 1_000_000_000 || free < 0.05 * total) return warning(told, `make room on the disk: ${remedy}`);
  return ok(told);
}

export const STORAGE_CHECKS: readonly Check[] = [bloat, deadRows, unusedIndexes, size];
