import { assertEquals } from "@std/assert";
import { examine } from "../db/doctor/examine.ts";
import { Spool } from "../db/spool.ts";
import { storable } from "../db/event_row.ts";
import { eventRow } from "./event_row.ts";
import { pageview, testApp } from "./fixtures.ts";
import { footfall } from "./footfall_process.ts";
import { embeddedDatabase } from "./embedded_database.ts";
import { complaints, patient } from "./patient.ts";
import { engines, servers, testDatabase } from "./test_database.ts";

const month = (ahead: number) => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1)).toISOString().slice(0, 7)
    .replace("-", "_");
};

for (const engine of engines()) {
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${engine.name})`, fn);

  test("doctor finds nothing in a healthy database that works", async () => {
    await using app = await testApp({ engine });
    await app.collect(pageview());
    await app.etl();

    const diagnoses = await examine(patient(app.db, engine));

    assertEquals(complaints(diagnoses), []);
    assertEquals(
      diagnoses.find(({ check }) => check === "durability")?.state,
      engine.embedded ? "ok" : "problem",
    );
  });

  test("doctor finds pending migrations and stale procedures, and goes on", async () => {
    await using db = await engine.migrated({ own: true });
    await db.exec(`
      delete from schema_migrations where name = '0005_etl_speed';
      update schema_procedures set checksum = '' where name = 'db/procedures/store_events.sql'`);

    assertEquals(complaints(await examine(patient(db, engine))), [
      ["migrations", "problem", "pending: 0005_etl_speed"],
      ["procedures", "problem", "not as in this version: db/procedures/store_events.sql"],
    ]);
  });

  test("doctor tells of a database that nobody has migrated once, not in every check", async () => {
    await using db = await engine.empty();

    const diagnoses = complaints(await examine(patient(db, engine)));
    assertEquals(diagnoses.map(([check, state]) => [check, state]), [["migrations", "problem"], [
      "not checked",
      "warning",
    ]]);
    assertEquals(
      diagnoses[1]![2],
      "procedures, indexes, partitions, partition rows, pending events, events set aside, bots, stale days, " +
        "session rows, refused origins, jobs, bloat: what these look at is not there",
    );
  });

  test("doctor finds a pooler that forgets what a client asked for", async () => {
    await using db = await engine.migrated();
    const diagnoses = await db.transaction(async (tx) => {
      await tx.exec("set local timezone = 'America/Santiago'; set local datestyle = 'German'");
      return await examine({ ...patient(db, engine), db: tx });
    });

    assertEquals(
      complaints(diagnoses).filter(([check]) => check === "session"),
      engine.embedded ? [] : [["session", "problem", "TimeZone America/Santiago, DateStyle German, DMY"]],
    );
  });

  test("doctor finds an index that is invalid, and one of the schema document's that is missing", async () => {
    await using db = await engine.migrated();
    await db.exec(
      "update pg_index set indisvalid = false where indexrelid = 'idx_pageviews_session'::regclass",
    );
    const invalid = await examine(patient(db, engine));
    await db.exec(`
      update pg_index set indisvalid = true where indexrelid = 'idx_pageviews_session'::regclass;
      drop index idx_events_log_session`);
    const missing = await examine(patient(db, engine));

    const { advice } = missing.find(({ check }) => check === "indexes")!;
    for (const statement of advice!.replace(/^in psql: |; and so the others$/g, "").split("; ")) {
      await db.exec(statement);
    }
    const fewer = await examine(patient(db, engine));

    assertEquals(complaints(invalid), [["indexes", "problem", "invalid: idx_pageviews_session"]]);
    assertEquals(complaints(fewer), [[
      "indexes",
      "problem",
      `missing: idx_events_log_session on events_log_${month(1)}, idx_events_log_session on events_log_${
        month(2)
      }, ` +
      `idx_events_log_session on events_log_${month(3)} and 1 more`,
    ]]);
    assertEquals(complaints(missing), [[
      "indexes",
      "problem",
      `missing: idx_events_log_session on events_log_${month(0)}, idx_events_log_session on events_log_${
        month(1)
      }, ` +
      `idx_events_log_session on events_log_${month(2)} and 2 more`,
    ]]);
  });

  test("doctor finds events that wait for an hour, and the job that failed", async () => {
    await using db = await engine.migrated();
    await db.exec(`
      insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, raw_event_data, created_at)
      values ('pageview', 's', 'v', 'a', now(), '{}', now() - interval '61 minutes');
      insert into job_runs (job, started_at, finished_at, row_count) values ('process-events', now() - interval '2 hours', now() - interval '2 hours', 1);
      insert into job_runs (job, started_at, finished_at, row_count, error) values ('process-events', now(), now(), 0, 'division by zero');
      insert into failed_events select 1024, 'a', gen_random_uuid(), 'x', 'eventType is missing', '{}', now()`);

    assertEquals(complaints(await examine(patient(db, engine))), [
      ["pending events", "problem", "1 row of raw events, the oldest for 61 min"],
      ["events set aside", "warning", "1 event: eventType is missing (1)"],
      ["jobs", "problem", "the last run of process-events failed: division by zero"],
    ]);
  });

  test("doctor finds months without a partition, and rows that have none", async () => {
    await using db = await engine.migrated({ own: true });
    await db.exec(`drop table events_log_${month(3)}`);
    const far = await examine(patient(db, engine));
    await db.exec(`
      drop table events_log_${month(1)};
      alter table events_log_pending drop constraint events_log_pending_is_unprocessed;
      insert into events_log (event_type, site_id, timestamp, raw_event_data, processed_at)
      values ('pageview', 'a', now(), '{}', now() + interval '1 month')`);
    const near = await examine(patient(db, engine));

    assertEquals(complaints(far), [["partitions", "warning", `missing: events_log_${month(3)}`]]);
    assertEquals(complaints(near), [
      ["partitions", "problem", `missing: events_log_${month(1)}, events_log_${month(3)}`],
      ["partition rows", "problem", "processed rows in events_log_pending"],
    ]);
  });

  test("doctor finds jobs that have not succeeded for long", async () => {
    await using db = await engine.migrated();
    await db.exec(`
      update schema_migrations set applied_at = now() - interval '3 hours';
      insert into job_runs (job, started_at, finished_at) select unnest(array['process-events', 'cleanup']), now() - interval '2 hours', now() - interval '2 hours'`);

    assertEquals(complaints(await examine(patient(db, engine))), [[
      "jobs",
      engine.embedded ? "warning" : "problem",
      "late, by their last success: process-events 2 h ago, update-sessions never, daily-metrics never, cleanup 2 h ago, maintenance never",
    ]]);
  });

  test("doctor judges the settings of the processes", async () => {
    await using db = await engine.migrated();
    const folder = await Deno.makeTempDir();
    const spool = new Spool(`${folder}/spool.db`, 10_000_000);
    spool.append([storable({ row: eventRow("/"), agent: null })]);
    spool.forget(1, [{ place: 1, reason: "no reason" }]);
    const refused = await examine(patient(db, engine, { spoolPath: spool.path }));
    const careless = await examine(
      patient(db, engine, {
        poolSize: 150,
        spoolPath: undefined,
        adminToken: "hunter2!",
        openRegistration: true,
      }),
    );
    spool.close();
    await Deno.remove(folder, { recursive: true });

    assertEquals(complaints(refused), [[
      "spool",
      "warning",
      "1 event that Postgres refused are in its table refused",
    ]]);
    assertEquals(complaints(careless).map(([check, state]) => [check, state]), [
      ...(engine.embedded ? [] : [["connections", "problem"], ["spool", "warning"]]),
      ["admin token", "warning"],
      ...(engine.embedded ? [] : [["registration", "warning"]]),
    ]);
  });
}

Deno.test("footfall doctor ends with 0 where there is no problem, and with 1 and the advice where there is one", async () => {
  const cwd = await Deno.makeTempDir();
  await using db = await embeddedDatabase();
  await db.close();
  const run = (...args: string[]) => footfall(cwd, ["doctor", ...args], { DATABASE_URL: db.url });

  const healthy = await run();
  const asJson = JSON.parse((await run("--json")).stdout);
  const away = await footfall(cwd, ["doctor"], {
    DATABASE_URL: "postgres://app:hunter2@127.0.0.1:1/footfall",
  });

  const lines = healthy.stdout.trimEnd().split("\n");
  assertEquals([healthy.code, healthy.stderr, lines.at(-1)], [0, "", "32 checks: 0 problems, 0 warnings"]);
  assertEquals([asJson.problems, asJson.warnings, asJson.checks.length, asJson.checks[0]], [0, 0, 32, {
    check: "database",
    state: "ok",
    message: "answers",
  }]);
  assertEquals([
    away.code,
    away.stderr,
    away.stdout.split("\n")[0]!.slice(0, 71),
    away.stdout.includes("hunter2"),
  ], [
    1,
    "",
    "problem  database      Cannot connect to the database: connect ECONNREF",
    false,
  ]);
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("footfall doctor tells the clocks' difference and a setting that loses data", async () => {
  await using db = await testDatabase(servers()[0]!);
  const cwd = await Deno.makeTempDir();
  const { code, stdout } = await footfall(cwd, ["doctor"], { DATABASE_URL: db.url });
  const line = (check: string) => stdout.split("\n").find((text) => text.slice(9).startsWith(check));

  assertEquals([code, line("clock"), line("durability")], [
    1,
    "ok       clock             this machine and the database differ by less than 1 s",
    "problem  durability        fsync off, full_page_writes on, synchronous_commit on. Do: a power cut may destroy the database: turn both on, and reload the server",
  ]);
  await Deno.remove(cwd, { recursive: true });
});
