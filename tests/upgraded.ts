import { assertEquals } from "@std/assert";
import { runAllJobs } from "../etl/run.ts";
import type { TestDatabase } from "./test_database.ts";

export const JOB_CONTEXT = {
  retentionDays: 36_500,
  signal: new AbortController().signal,
  whenBusy: "wait" as const,
};

/** The tables, each with its columns. */
export async function tablesOf(db: TestDatabase): Promise<Map<string, string[]>> {
  const rows = await db.query<{ name: string; columns: string[] }>(
    `select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
     group by c.relname order by c.relname`,
  );
  return new Map(rows.map(({ name, columns }) => [name, columns]));
}

/** Fills the tables that `to` has with the rows of `from`, as an older version had written them. */
export async function copyRows(from: TestDatabase, to: TestDatabase, processed: boolean): Promise<void> {
  const source = await tablesOf(from);
  const target = await tablesOf(to);
  for (const [table, columns] of target) {
    if (/^(schema_|job_runs)/.test(table) || !source.has(table)) continue;
    const left = [
      ...(processed ? [] : ["processed_at"]),
      // Drawn from a sequence, here as there.
      ...(table === "daily_site_metrics" ? ["id"] : []),
    ];
    const kept = columns.filter((column) => source.get(table)!.includes(column) && !left.includes(column));
    const isRaw = ["sites", "user_agents", "visitor_salts", "events_log"].includes(table);
    if (!processed && !isRaw) continue;
    const [rows] = await from.query<{ json: string }>(
      `select coalesce(jsonb_agg(row), '[]')::text as json from ${table} row`,
    );
    const names = kept.join(", ");
    await to.query(
      `insert into ${table} (${names}) overriding system value
       select ${names} from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
      [rows!.json],
    );
  }
  await to.query("select setval('events_log_id_seq', (select max(id) from events_log))");
  if (target.has("dictionary") && processed) {
    await to.query("select setval('dictionary_value_id_seq', (select max(value_id) from dictionary))");
  }
}

/** Works off what waits, and fills roll-ups that a migration may have added. */
export async function finish(db: TestDatabase): Promise<void> {
  const runs = await runAllJobs({ ...JOB_CONTEXT, db });
  assertEquals(runs.filter(({ error }) => error !== undefined), []);
}
