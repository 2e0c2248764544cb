import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Row } from "../db/database.ts";
import { migrate, migrateDown, migrationStates } from "../db/migrate.ts";
import { readMigrations, readProcedures } from "../db/migration_files.ts";
import { openDatabase } from "../db/open.ts";
import { engines, type TestDatabase } from "./test_database.ts";

const MIGRATIONS = (await readMigrations()).map(({ name }) => name);
const PROCEDURES = (await readProcedures()).map(({ name }) => name);
const EVERYTHING = { applied: MIGRATIONS, procedures: PROCEDURES };
const NOTHING = { applied: [], procedures: [] };
const OF_SESSION_ROWS = ["20_session_rows", "22_dictionary", "30_periods"].map((name) =>
  `etl/procedures/${name}.sql`
);
const LOGICAL_EVENTS = "etl/procedures/10_logical_events.sql";

/** Everything in the schema, a row a thing: what it is, its name, and how Postgres would write it down. */
async function schema(db: TestDatabase): Promise<Row[]> {
  return await db.query(`
    with ours as (select * from pg_class where relnamespace = current_schema()::regnamespace)
    select 'relation' as kind, relname as name,
      concat_ws(' ', relkind, relpersistence, reloptions::text, relispartition, pg_get_expr(relpartbound, oid),
        pg_get_partkeydef(oid)) as definition
    from ours
    union all
    select 'column', ours.relname || '.' || a.attname,
      concat_ws(' ', rank() over (partition by ours.oid order by a.attnum), format_type(a.atttypid, a.atttypmod), a.attnotnull,
        a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
    from ours
    join pg_attribute a on a.attrelid = ours.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    union all
    select 'index', ours.relname, pg_get_indexdef(ours.oid) from ours where relkind in ('i', 'I')
    union all
    select 'view', ours.relname, pg_get_viewdef(ours.oid) from ours where relkind in ('v', 'm')
    union all
    select 'sequence', ours.relname, concat_ws(' ', seqstart, seqincrement, seqmax, format_type(seqtypid, null))
    from ours join pg_sequence on seqrelid = ours.oid
    union all
    select 'constraint', concat_ws(' ', conrelid::regclass, conname), pg_get_constraintdef(oid)
    from pg_constraint where connamespace = current_schema()::regnamespace
    union all
    select 'trigger', concat_ws(' ', tgrelid::regclass, tgname), pg_get_triggerdef(oid)
    from pg_trigger where not tgisinternal
    union all
    select 'routine', oid::regprocedure::text, pg_get_functiondef(oid)
    from pg_proc where pronamespace = current_schema()::regnamespace and prokind in ('f', 'p')
    union all
    select 'other routine', oid::regprocedure::text, prokind::text
    from pg_proc where pronamespace = current_schema()::regnamespace and prokind not in ('f', 'p')
    union all
    select 'type', typname, typtype::text
    from pg_type where typnamespace = current_schema()::regnamespace and typtype in ('e', 'd', 'r')
    union all
    select 'extension', extname, null from pg_extension where extname <> 'plpgsql'
    order by 1, 2, 3`);
}

async function relations(db: TestDatabase): Promise<unknown[]> {
  const found = await db.query(
    `select relname from pg_class where relnamespace = current_schema()::regnamespace and relkind <> 'i' order by 1`,
  );
  return found.map(({ relname }) => relname);
}

for (const engine of engines("nothing")) {
  const test = (title: string, run: (db: TestDatabase) => Promise<void>) =>
    Deno.test(`${engine.name}: ${title}`, async () => {
      await using db = await engine.empty({ own: true });
      await run(db);
    });

  test("migrate applies every migration and procedure, in order, and then has nothing to do", async (db) => {
    assertEquals(await migrate(db), EVERYTHING);
    assertEquals(await migrate(db), NOTHING);
  });

  test("down leaves nothing of ours but the two books, and up again makes the same schema", async (db) => {
    await migrate(db);
    const before = await schema(db);

    assertEquals(await migrateDown(db, MIGRATIONS.length), MIGRATIONS.toReversed());

    assertEquals(await relations(db), ["schema_migrations", "schema_procedures"]);
    const left = (await schema(db)).filter(({ kind, name }) =>
      !(["relation", "column", "index", "constraint"].includes(kind as string) &&
        /^schema_(migrations|procedures)/.test(name as string))
    );
    assertEquals(left, []);
    assertEquals(await db.query("select from schema_migrations union all select from schema_procedures"), []);

    assertEquals(await migrate(db), EVERYTHING);
    assertEquals(await schema(db), before);
  });

  test("each number of steps down and up again makes the same schema", async (db) => {
    await migrate(db);
    const before = await schema(db);
    for (let steps = 1; steps < MIGRATIONS.length; steps++) {
      assertEquals(await migrateDown(db, steps), MIGRATIONS.slice(-steps).toReversed());

      // The procedures stay until the first migration goes, except for those that return rows of a table that is gone.
      const applied = MIGRATIONS.slice(-steps);
      const procedures = applied.includes("0017_session_rows") ? OF_SESSION_ROWS : [];
      assertEquals(await migrate(db), { applied, procedures });
      assertEquals(await schema(db), before);
    }
  });

  test("down works with months, events and metrics in the tables", async (db) => {
    await migrate(db);
    await db.exec(`
      insert into sites (site_id) values ('example-com');
      insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, url, path, raw_event_data)
      values ('pageview', 's', 'v', 'example-com', now(), 'https://example.com/', '/', '{"eventType":"pageview"}');
      select add_events_log_months(now(), now() + interval '9 months');
      call process_events_batch(1000);
      call calculate_daily_metrics(current_date - 1, current_date + 1);
    `);

    await migrateDown(db, MIGRATIONS.length);

    assertEquals(await relations(db), ["schema_migrations", "schema_procedures"]);
  });

  test("down undoes no more than there is, and refuses a number that is none", async (db) => {
    await migrate(db);

    assertEquals(await migrateDown(db, 1000), MIGRATIONS.toReversed());
    assertEquals(await migrateDown(db, 1), []);
    for (const count of [0, -1, 1.5, NaN]) {
      await assertRejects(
        () => migrateDown(db, count),
        RangeError,
        `Cannot undo ${count} migrations: give a whole number from 1 on`,
      );
    }
  });

  test("down on a database that was never migrated does nothing", async (db) => {
    assertEquals(await migrateDown(db, 3), []);
  });

  test("twenty at once on an empty database: each migration and procedure is applied once", async (db) => {
    const reports = await Promise.all(Array.from({ length: 20 }, async () => {
      if (engine.embedded) return await migrate(db);
      await using other = await openDatabase(db.url, { poolSize: 1 });
      return await migrate(other);
    }));

    // One of them may apply the first, another the second.
    assertEquals(reports.flatMap(({ applied }) => applied).sort(), MIGRATIONS);
    assertEquals(reports.flatMap(({ procedures }) => procedures), PROCEDURES);
    assertEquals(
      await db.query("select version, name from schema_migrations order by version"),
      MIGRATIONS.map((name) => ({ version: Number(name.slice(0, 4)), name })),
    );
  });

  test("an applied file that was changed is refused by name, and nothing is done", async (db) => {
    await migrate(db);
    await migrateDown(db, 1);
    await db.query("update schema_migrations set checksum = 'other' where version = 2");
    await db.query("update schema_procedures set checksum = 'other'");
    const before = await schema(db);

    await assertRejects(
      () => migrate(db),
      Error,
      `Cannot migrate: ${MIGRATIONS[1]}.sql was changed after it was applied. ` +
        "Restore the file, and put the change into a new migration",
    );

    assertEquals(await schema(db), before);
    assertEquals((await migrationStates(db)).map(({ state }) => state), [
      "applied",
      "changed",
      ...MIGRATIONS.slice(2, -1).map(() => "applied"),
      "pending",
    ]);
  });

  test("a migration that fails keeps what went before it, and nothing of itself", async (db) => {
    await db.exec("create table job_runs (id integer)");

    const error = await assertRejects(() => migrate(db), Error, `Cannot apply ${MIGRATIONS[3]}.sql: `);

    assertMatch(error.message, /relation "job_runs" already exists$/);
    assertEquals(
      (await migrationStates(db)).map(({ state }) => state),
      MIGRATIONS.map((_, i) => i < 3 ? "applied" : "pending"),
    );
    await db.exec("drop table job_runs");
    assertEquals(await migrate(db), { applied: MIGRATIONS.slice(3), procedures: PROCEDURES });
  });

  test("the states of a database that was never migrated are all pending, and asking changes nothing", async (db) => {
    assertEquals(
      await migrationStates(db),
      MIGRATIONS.map((name) => ({ name, state: "pending" as const, appliedAt: null })),
    );
    assertEquals(await relations(db), []);
  });

  test("the states say when a migration was applied", async (db) => {
    await migrate(db);
    await db.query("update schema_migrations set applied_at = '2026-01-02 03:04:05Z'");

    assertEquals(
      await migrationStates(db),
      MIGRATIONS.map((name) => ({
        name,
        state: "applied" as const,
        appliedAt: new Date("2026-01-02T03:04:05Z"),
      })),
    );
  });

  test("a migration of a newer release is unknown, and is not undone", async (db) => {
    await migrate(db);
    await db.query(
      "insert into schema_migrations (version, name, checksum, applied_at) values (9999, '9999_future', 'x', 'epoch')",
    );

    assertEquals((await migrationStates(db)).at(-1), {
      name: "9999_future",
      state: "unknown",
      appliedAt: new Date(0),
    });
    await assertRejects(
      () => migrateDown(db, 1),
      Error,
      "Cannot undo 9999_future: this version of the code does not have its .down.sql",
    );
  });

  test("a file of procedures that is not what was applied is applied again, alone", async (db) => {
    await migrate(db);
    const before = await schema(db);
    await db.query("update schema_procedures set checksum = 'other' where name = $1", [LOGICAL_EVENTS]);

    assertEquals(await migrate(db), { applied: [], procedures: [LOGICAL_EVENTS] });
    assertEquals(await schema(db), before);
    assertEquals(await migrate(db), NOTHING);
  });

  test("every file of procedures can be applied again over itself", async (db) => {
    await migrate(db);
    const before = await schema(db);
    await db.query("update schema_procedures set checksum = 'other'");

    assertEquals(await migrate(db), { applied: [], procedures: PROCEDURES });
    assertEquals(await schema(db), before);
  });

  test("a function whose result, parameters or kind changed is replaced", async (db) => {
    await migrate(db);
    const before = await schema(db);
    await db.exec(`
      drop function url_path(text);
      create function url_path(address text) returns integer language sql as 'select 1';
      create function url_path(url text, base text) returns text language sql as 'select 2::text';
      drop function url_host(text);
      create procedure url_host(url text) language sql as 'select 1';
      delete from schema_procedures where name = '${LOGICAL_EVENTS}';
    `);

    assertEquals(await migrate(db), { applied: [], procedures: [LOGICAL_EVENTS] });
    assertEquals(await schema(db), before);
  });

  test("the functions of a file that an earlier release had are dropped", async (db) => {
    await migrate(db);
    const before = await schema(db);
    await db.exec(`
      update schema_releases set release = '0.0.1';
      create function gone_function() returns integer language sql as 'select 1';
      create procedure gone_procedure(a integer) language sql as 'select 1';
      insert into schema_procedures (name, checksum, creates)
      values ('etl/procedures/99_gone.sql', 'x', '{gone_function, gone_procedure, never_there}');
    `);

    assertEquals(await migrate(db), NOTHING);
    assertEquals(await schema(db), before);
    assertEquals(await db.query("select from schema_procedures where name like '%gone%'"), []);
  });
}

Deno.test("every function and procedure of the files is known by name, so that it can be replaced and undone", async () => {
  for (const { name, script, creates } of await readProcedures()) {
    const statements =
      script.match(/\bcreate\s+(?:or\s+replace\s+)?(?:function|procedure|aggregate)\s+\w+/gi) ?? [];
    assertEquals(
      { name, creates },
      { name, creates: statements.map((statement) => statement.split(/\s+/).at(-1)!) },
    );
  }
});
