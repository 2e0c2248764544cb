import type { Asked, Database } from "../db/database.ts";

/** A database before a test had it, as {@linkcode resetDatabase} compares it. */
export interface DatabaseState {
  /** The oid of each table and index. */
  relations: number[];
  /** The tables that have rows, and those rows. */
  rows: Record<string, string>;
  /** Every table, column, index, function, sequence and setting. */
  schema: string;
}

interface Relation {
  oid: number;
  name: string;
  kind: "table" | "index";
  has_pages: boolean;
  is_analyzed: boolean;
}

// System catalogues have lower oids.
const RELATIONS = `
  select oid::int as oid, oid::regclass::text as name, case when relkind in ('r', 'p') then 'table' else 'index' end as kind,
    relkind = 'r' and pg_relation_size(oid) > 0 as has_pages, relkind = 'r' and reltuples >= 0 as is_analyzed
  from pg_class
  where relkind in ('r', 'p', 'i', 'I') and oid >= 16384 and relpersistence <> 't'
    and relnamespace <> 'pg_toast'::regnamespace
    -- An index of a constraint that was made again cannot be dropped by itself: the schema differs then anyway.
    and not exists (select from pg_constraint where conindid = pg_class.oid)`;

// A row of the catalogue that was changed has another xmin. What TRUNCATE and ANALYZE change there is left out.
const SCHEMA = `
  select md5(string_agg(line, e'\\n' order by line collate "C")) as schema from (
    select 'class ' || (
      to_jsonb(c) - '{relfilenode,relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid}'::text[]
    )::text
    from pg_class c where oid >= 16384 and relpersistence <> 't'
    union all
    select 'index ' || (to_jsonb(i) - 'indcheckxmin')::text from pg_index i where indexrelid >= 16384
    union all
    select format('sequence %s %s %s', seqrelid, xmin, pg_sequence_last_value(seqrelid)) from pg_sequence
    union all
    select 'setting ' || array_to_string(setconfig, ' ') from pg_db_role_setting s
    join pg_database d on d.oid = s.setdatabase and d.datname = current_database()
    union all
    select format('attribute %s %s %s', attrelid, attnum, xmin) from pg_attribute where attrelid >= 16384
    union all
    select format('procedure %s %s', oid, xmin) from pg_proc where oid >= 16384
    union all
    select format('type %s %s', oid, xmin) from pg_type where oid >= 16384
    union all
    select format('constraint %s %s', oid, xmin) from pg_constraint where oid >= 16384
    union all
    select format('trigger %s %s', oid, xmin) from pg_trigger where oid >= 16384
    union all
    select format('rule %s %s', oid, xmin) from pg_rewrite where oid >= 16384
    union all
    select format('default %s %s', oid, xmin) from pg_attrdef where oid >= 16384
    union all
    select format('namespace %s %s', oid, xmin) from pg_namespace where nspname !~ '^pg_(toast_)?temp_'
    union all
    select format('extension %s %s', oid, xmin) from pg_extension
    union all
    select format('statistics %s %s', oid, xmin) from pg_statistic_ext
  ) as lines (line)`;

/** What {@linkcode resetDatabase} brings `db` back to. */
export async function databaseState(db: Asked): Promise<DatabaseState> {
  const relations = await db.query<Relation>(RELATIONS);
  const filled = relations.filter((relation) => relation.has_pages).map(({ name }) => name).sort();
  const [schema] = await db.query<{ schema: string }>(SCHEMA);
  return {
    relations: relations.map(({ oid }) => oid).sort(),
    rows: await rowsOf(db, filled),
    schema: schema!.schema,
  };
}

async function rowsOf(db: Asked, tables: string[]): Promise<Record<string, string>> {
  if (tables.length === 0) return {};
  const selects = tables.map((table, i) =>
    `select ${i} as i, string_agg(t::text, e'\\n' order by t::text collate "C") as rows from only ${table} t`
  );
  const rows = await db.query<{ i: number; rows: string | null }>(selects.join("\nunion all\n"));
  return Object.fromEntries(
    rows.filter((row) => row.rows !== null).map((row) => [tables[row.i]!, row.rows!]),
  );
}

/**
 * Empties the tables that `fresh` has empty, drops tables and indexes that it does not have, and sets the sequences
 * back. All of them are looked up in the catalogue.
 *
 * @returns false if the database is still not as `fresh` describes it: a function was replaced, say
 */
export async function resetDatabase(db: Database, fresh: DatabaseState): Promise<boolean> {
  // An embedded database has one connection, which the test has used.
  await db.exec("discard all");
  await db.query(
    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
  const relations = await db.query<Relation>(RELATIONS);
  const known = new Set(fresh.relations);
  for (const kind of ["table", "index"] as const) {
    const added = relations.filter((relation) => relation.kind === kind && !known.has(relation.oid));
    if (added.length > 0) await db.exec(`drop ${kind} if exists ${namesOf(added)} cascade`);
  }
  const used = relations.filter((relation) =>
    known.has(relation.oid) && (relation.has_pages || relation.is_analyzed) &&
    fresh.rows[relation.name] === undefined
  );
  if (used.length > 0) await db.exec(`truncate ${namesOf(used)} cascade`);
  await db.query("select setval(seqrelid, seqstart, false) from pg_sequence");
  // The planner reads the first, the monitoring queries of the documentation the second.
  await db.exec("delete from pg_statistic where starelid >= 16384; select pg_stat_reset()");
  const now = await databaseState(db);
  return now.schema === fresh.schema && JSON.stringify(now.rows) === JSON.stringify(fresh.rows);
}

function namesOf(relations: Relation[]): string {
  return relations.map(({ name }) => name).join(", ");
}
