import { migrationStates } from "../migrate.ts";
import { adviceOf, describeNewer, readSchemaState } from "../releases.ts";
import { type Check, list, ok, problem, warning } from "./check.ts";

const migrations: Check = {
  name: "migrations",
  asks: "database",
  async run({ db }) {
    const states = await migrationStates(db);
    const names = (wanted: string) => states.filter(({ state }) => state === wanted).map(({ name }) => name);
    const [pending, changed] = [names("pending"), names("changed")];
    if (pending.length > 0) return problem(`pending: ${list(pending)}`, "deno task db:migrate");
    if (changed.length > 0) {
      return problem(
        `changed after they were applied: ${list(changed)}`,
        "restore these files; a change belongs into a new migration",
      );
    }
    return ok(`${states.length} applied`);
  },
};

const procedures: Check = {
  name: "procedures",
  asks: "database",
  async run({ db }) {
    // Throws if the database has never been migrated: this check is skipped then, and "migrations" reports it.
    await db.query("select from schema_procedures limit 1");
    const { stale, newer } = await readSchemaState(db);
    if (newer) return ok("of a newer release");
    return stale.length > 0
      ? problem(`not as in this version: ${list(stale)}`, "deno task db:migrate")
      : ok("as in this version");
  },
};

const release: Check = {
  name: "release",
  asks: "database",
  async run({ db }) {
    const { newer } = await readSchemaState(db);
    return newer
      ? warning(
        `${describeNewer(newer)}; processes of this release collect, and run no jobs`,
        adviceOf(newer).replace(/^U/, "u"),
      )
      : ok("no newer one has migrated the database");
  },
};

// By the schema document's names, as migrations/0010_archive_brin.sql and 0011_site_ranges.sql define them; its last one is on
// closed months only.
const DOCUMENTED: Readonly<Record<string, string>> = {
  timestamp: "brin (timestamp) with (pages_per_range = 32)",
  site_created:
    "brin (site_id text_bloom_ops (n_distinct_per_range = 32), created_at) with (pages_per_range = 32)",
  session:
    "brin (session_id text_bloom_ops (n_distinct_per_range = 128, false_positive_rate = 0.002)) with (pages_per_range = 32)",
  event_type: "brin (event_type text_bloom_ops (n_distinct_per_range = 32)) with (pages_per_range = 32)",
  processed: "brin (processed_at) with (pages_per_range = 32)",
};

/** What makes the index of a month again, as the migrations have it; not that of what waits, which has none. */
function remakeIndex(name: string, partition: string): string {
  const documented = name.replace("idx_events_log_", "");
  const definition = DOCUMENTED[documented];
  return [
    `create index if not exists ${name} on only events_log using ${definition}`,
    `create index concurrently ${partition}_${documented} on ${partition} using ${definition}`,
    `alter index ${name} attach partition ${partition}_${documented}`,
  ].join("; ");
}

const indexes: Check = {
  name: "indexes",
  asks: "database",
  async run({ db }) {
    const missing = await db.query<{ name: string; partition: string }>(
      `select wanted.name, p.relname as partition
       from (select 'idx_events_log_' || unnest($1::text[]) as name) wanted
       cross join (
         select c.oid, c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'events_log'::regclass and c.relname <> 'events_log_pending'
       ) p
       where not exists (
         select from pg_index x
         join pg_inherits i on i.inhrelid = x.indexrelid
         where x.indrelid = p.oid and i.inhparent = to_regclass(wanted.name)
       )
       order by 1, 2`,
      [Object.keys(DOCUMENTED)],
    );
    const unsearchable = await db.query<{ name: string }>(
      `select wanted || suffix as name
       from events_log_months(), unnest('{idx_events_log_raw_data_gin_,idx_events_log_site_created_}'::text[]) as wanted
       where ends <= now() - interval '2 days' and to_regclass(wanted || suffix) is null
       order by 1`,
    );
    const invalid = await db.query<{ name: string }>(
      // The months' common indexes are never valid as a whole: what waits has none.
      `select x.indexrelid::regclass::text as name
       from pg_index x join pg_class c on c.oid = x.indexrelid
       where c.relnamespace = current_schema()::regnamespace and c.relkind = 'i' and not (x.indisvalid and x.indisready)
       order by 1`,
    );
    if (invalid.length > 0) {
      const [first] = invalid;
      return problem(
        `invalid: ${list(invalid.map(({ name }) => name))}`,
        /_cc(new|old)\d*$/.test(first!.name)
          ? `left by a rebuild that was interrupted: drop index ${first!.name}`
          : `reindex index concurrently ${first!.name}`,
      );
    }
    if (missing.length > 0) {
      const { name, partition } = missing[0]!;
      return problem(
        `missing: ${list(missing.map(({ name, partition }) => `${name} on ${partition}`))}`,
        `in psql: ${remakeIndex(name, partition)}${missing.length > 1 ? "; and so the others" : ""}`,
      );
    }
    if (unsearchable.length > 0) {
      return warning(
        `closed months lack: ${list(unsearchable.map(({ name }) => name))}`,
        "the job cleanup makes them: deno task footfall etl",
      );
    }
    return ok("those of the schema document are there, and all are valid");
  },
};

const partitions: Check = {
  name: "partitions",
  asks: "database",
  async run({ db }) {
    const months = await db.query<{ name: string; ahead: number; attached: boolean }>(
      `select name, ahead, exists (
         select from pg_inherits where inhparent = 'events_log'::regclass and inhrelid = to_regclass(name)
       ) as attached
       from (
         select ahead, 'events_log_' || to_char(date_trunc('month', now() at time zone 'UTC') + make_interval(months => ahead), 'YYYY_MM') as name
         from generate_series(0, 3) as ahead
       ) wanted
       order by ahead`,
    );
    const absent = months.filter(({ attached }) => !attached);
    const names = list(absent.map(({ name }) => name), 4);
    const advice =
      "select add_events_log_months(now(), now() + interval '3 months'); the job cleanup does it every night";
    if (absent.some(({ ahead }) => ahead <= 1)) return problem(`missing: ${names}`, advice);
    if (absent.length > 0) return warning(`missing: ${names}`, advice);
    return ok(`${months[0]!.name} to ${months.at(-1)!.name} are there`);
  },
};

const partitionRows: Check = {
  name: "partition rows",
  asks: "database",
  async run({ db }) {
    const [row] = await db.query<{ guarded: boolean; misplaced: boolean }>(
      `select
         exists (select from pg_constraint
                 where conrelid = 'events_log_pending'::regclass and contype = 'c' and convalidated
                   and pg_get_constraintdef(oid) ~ 'processed_at IS NULL') as guarded,
         exists (select from events_log_pending where processed_at is not null) as misplaced`,
    );
    if (row!.misplaced) {
      return problem(
        "processed rows in events_log_pending",
        "add their months (add_events_log_months), then: with moved as (delete … returning *) insert into events_log",
      );
    }
    return row!.guarded ? ok("what waits is in events_log_pending, the rest in its month") : problem(
      "events_log_pending lacks its check, so that rows without a month may pile up there",
      "alter table events_log_pending add constraint events_log_pending_is_unprocessed check (processed_at is null)",
    );
  },
};

export const SCHEMA_CHECKS: readonly Check[] = [
  release,
  migrations,
  procedures,
  indexes,
  partitions,
  partitionRows,
];
