import { assertEquals, assertRejects } from "@std/assert";
import type { Database } from "../db/database.ts";
import { examine } from "../db/doctor/examine.ts";
import { migrate, migrateDown } from "../db/migrate.ts";
import { readSchemaState } from "../db/releases.ts";
import { VERSION } from "../version.ts";
import { ADMIN_TOKEN, pageview } from "./fixtures.ts";
import { answered, commandTest, failed, LAST, notStarted } from "./command_run.ts";
import { makeRelease } from "./newer_release.ts";
import { complaints, patient } from "./patient.ts";
import { serveProcess } from "./served_process.ts";
import { engines, serverEngines, serverTest, testDatabase } from "./test_database.ts";
import { until } from "./until.ts";

const NEW_FILE = "etl/procedures/99_newer.sql";
const CHANGED_FILE = "etl/procedures/42_maintenance.sql";
const newFunction = (name: string) =>
  `create or replace function ${name}() returns integer language sql as 'select 1';\n`;

/** As a newer release leaves it: functions in a file of its own, and in one that we have otherwise. */
async function addNewer(db: Database): Promise<void> {
  await db.exec(`
    ${newFunction("newer_function")} ${newFunction("changed_function")}
    insert into schema_procedures (name, checksum, creates) values ('${NEW_FILE}', 'x', '{newer_function}');
    update schema_procedures set checksum = 'x', creates = creates || '{changed_function}' where name = '${CHANGED_FILE}'`);
}

async function newerFunctions(db: Database): Promise<unknown[]> {
  const rows = await db.query(
    "select proname as name from pg_proc where proname in ('newer_function', 'changed_function') order by 1",
  );
  return rows.map(({ name }) => name);
}

const BOTH = ["changed_function", "newer_function"];
const USE_LATER = "Use the files with which it was migrated last, or later ones";
const GO_BACK = "; to go back to this release: deno task db:migrate --replace";

for (const engine of engines()) {
  const test = (title: string, run: (db: Database) => Promise<void>) =>
    Deno.test(`${engine.name}: ${title}`, async () => {
      await using db = await engine.migrated({ own: true });
      await run(db);
    });

  test("procedures of a newer release are neither replaced nor dropped, and it is named", async (db) => {
    await addNewer(db);
    await db.query("insert into schema_releases (procedures, release) values ('x', '9.1.0')");

    await assertRejects(
      () => migrate(db),
      Error,
      `Cannot migrate: the database is of release 9.1.0, newer than this one (${VERSION}): it has ` +
        `${NEW_FILE}, ${CHANGED_FILE}. Use release 9.1.0 or a later one${GO_BACK}`,
    );
    assertEquals(await newerFunctions(db), BOTH);
  });

  test("a changed procedure alone is a newer release's, if that has migrated last", async (db) => {
    await addNewer(db);
    await db.exec(`
      delete from schema_procedures where name = '${NEW_FILE}';
      insert into schema_releases (procedures, release) values ('x', '${VERSION}')`);

    await assertRejects(
      () => migrate(db),
      Error,
      `Cannot migrate: the database is of a newer build than this one (${VERSION}): it has ${CHANGED_FILE}. ${USE_LATER}${GO_BACK}`,
    );
    assertEquals(await newerFunctions(db), BOTH);
  });

  test("a file of procedures that this release does not have is a newer build's, even if nothing says so", async (db) => {
    await db.query(
      "insert into schema_procedures (name, checksum, creates) values ($1, 'x', '{newer_function}')",
      [NEW_FILE],
    );
    await assertRejects(() => migrate(db), Error, `it has ${NEW_FILE}. ${USE_LATER}`);
  });

  test("a migration of a newer release is refused before anything is done, and cannot be replaced", async (db) => {
    await addNewer(db);
    await db.exec(`
      insert into schema_migrations (version, name, checksum) values (9999, '9999_future', 'x');
      delete from schema_migrations where name = '${LAST}'`);
    const message = `Cannot migrate: the database is of a newer build than this one (${VERSION}): ` +
      `it has 9999_future. ${USE_LATER}`;

    for (const replace of [false, true]) {
      assertEquals((await assertRejects(() => migrate(db, { replace }), Error)).message, message);
    }
    assertEquals(await newerFunctions(db), BOTH);
    assertEquals((await readSchemaState(db)).pending, [LAST]);
  });

  test("replace puts the older procedures in place, and the newer release may come again", async (db) => {
    await addNewer(db);
    await db.query("insert into schema_releases (procedures, release) values ('x', '9.1.0')");

    assertEquals(await migrate(db, { replace: true }), { applied: [], procedures: [CHANGED_FILE] });
    assertEquals(await newerFunctions(db), []);
    assertEquals(await db.query("select release from schema_releases"), [{ release: VERSION }]);
    assertEquals(await readSchemaState(db), { pending: [], stale: [], newer: undefined });
  });

  test("after a migration is undone, any release puts its procedures in place", async (db) => {
    await addNewer(db);
    await db.query("insert into schema_releases (procedures, release) values ('x', '9.1.0')");

    assertEquals(await migrateDown(db, 1), [LAST]);
    assertEquals(await migrate(db), { applied: [LAST], procedures: [CHANGED_FILE] });
    assertEquals(await newerFunctions(db), []);
  });

  test("procedures of an earlier release are replaced, and those that are gone dropped", async (db) => {
    await addNewer(db);
    await db.query("update schema_releases set release = '0.0.9'");

    assertEquals((await readSchemaState(db)).stale, [CHANGED_FILE]);
    assertEquals(await migrate(db), { applied: [], procedures: [CHANGED_FILE] });
    assertEquals(await newerFunctions(db), []);
  });

  test("doctor warns of a newer release, and finds nothing else", async (db) => {
    await addNewer(db);
    await db.query("insert into schema_releases (procedures, release) values ('x', '9.1.0')");

    assertEquals(complaints(await examine(patient(Object.assign(db, { url: "" }), engine))), [[
      "release",
      "warning",
      `the database is of release 9.1.0, newer than this one (${VERSION}): it has ${NEW_FILE}, ${CHANGED_FILE}; ` +
      "processes of this release collect, and run no jobs",
    ]]);
  });
}

commandTest(
  "on a database that a newer release has migrated, db:migrate refuses; start collects, runs no jobs, and says so",
  testDatabase,
  async (run, db, cwd) => {
    const folder = await Deno.makeTempDir();
    const newer = await makeRelease(`${folder}/9.1.0`, "9.1.0", {
      [NEW_FILE]: newFunction("newer_function"),
      [CHANGED_FILE]: newFunction("changed_function"),
      "migrations/9001_newer.sql": "create table newer_table (id integer);\n",
      "migrations/9001_newer.down.sql": "drop table newer_table;\n",
    });
    const env = { DATABASE_URL: db.url };
    assertEquals(
      await newer("commands/migrate.ts", [], env),
      answered("applied: 9001_newer", `procedures: ${CHANGED_FILE}, ${NEW_FILE}`),
    );
    const newerThanThis =
      `the database is of release 9.1.0, newer than this one (${VERSION}): it has 9001_newer`;
    const use = "Use release 9.1.0 or a later one";

    for (const args of [[], ["--replace"]]) {
      assertEquals(
        await run("commands/migrate.ts", args),
        failed("db:migrate", `Cannot migrate: ${newerThanThis}. ${use}`),
      );
    }
    assertEquals(await newerFunctions(db), BOTH);
    assertEquals(
      (await run("commands/migrate.ts", ["--status"])).stdout.trimEnd().split("\n").slice(-2),
      ["", `${newerThanThis}. ${use}`],
    );
    assertEquals(
      await run("commands/etl.ts", []),
      failed("etl", `Cannot run the jobs: ${newerThanThis}. ${use}`),
    );
    assertEquals(
      (await run("commands/footfall.ts", ["status"], { SPOOL_PATH: "off" })).stdout.split("\n")[1],
      `${newerThanThis}. ${use}; processes of this one collect, and run no jobs`,
    );
    {
      await using server = await serveProcess("start", {
        ...env,
        ADMIN_TOKEN,
        OPEN_REGISTRATION: "true",
        SPOOL_PATH: "off",
      });
      const ask = async (path: string, body: string | undefined) => {
        const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
        const response = await fetch(server.url + path, { method: "POST", headers, body });
        return { status: response.status, body: await response.json() };
      };
      const collected = await ask("/collect", JSON.stringify(pageview()));
      assertEquals([collected.status, collected.body.status], [202, "accepted"]);
      assertEquals(await ask("/etl/run", undefined), {
        status: 409,
        body: {
          type: "about:blank",
          title: "Conflict",
          status: 409,
          detail: `Cannot run the jobs: ${newerThanThis}. ${use}`,
        },
      });
      const warnings = server.output().split("\n").filter((line) => line.includes('"level":"warn"'))
        .map((line) => JSON.parse(line));
      assertEquals(warnings.map(({ message, advice }) => [message, advice]), [
        [`${newerThanThis}: this process collects, and runs no jobs`, use],
      ]);
    }
    assertEquals(await db.query("select count(*) as waiting from events_log_pending"), [{ waiting: 1 }]);

    // Back again, as the guide says.
    assertEquals(await newer("commands/migrate.ts", ["--down", "1"], env), answered("undone: 9001_newer"));
    assertEquals(
      await run("commands/migrate.ts", []),
      answered("no migration was pending", `procedures: ${CHANGED_FILE}`),
    );
    assertEquals((await run("commands/etl.ts", [])).code, 0);
    await Deno.remove(folder, { recursive: true });
    assertEquals((await Array.fromAsync(Deno.readDir(cwd))).length, 0);
  },
);

commandTest(
  "a build that was migrated over is older, even within one release: db:migrate names the way back",
  testDatabase,
  async (run, db) => {
    const folder = await Deno.makeTempDir();
    const later = await makeRelease(`${folder}/later`, VERSION, {
      [CHANGED_FILE]: newFunction("changed_function"),
    });
    const env = { DATABASE_URL: db.url };

    assertEquals(
      await later("commands/migrate.ts", [], env),
      answered("no migration was pending", `procedures: ${CHANGED_FILE}`),
    );
    assertEquals(
      await run("commands/migrate.ts", []),
      failed(
        "db:migrate",
        `Cannot migrate: the database is of a newer build than this one (${VERSION}): it has ${CHANGED_FILE}. ${USE_LATER}${GO_BACK}`,
      ),
    );
    assertEquals(
      await run("commands/migrate.ts", ["--replace"]),
      answered("no migration was pending", `procedures: ${CHANGED_FILE}`),
    );
    assertEquals((await later("commands/migrate.ts", [], env)).code, 0);
    assertEquals(await newerFunctions(db), ["changed_function"]);
    await Deno.remove(folder, { recursive: true });
  },
);

commandTest("start refuses procedures that are older than this release", testDatabase, async (run, db) => {
  await db.query("update schema_procedures set checksum = 'other' where name = $1", [CHANGED_FILE]);
  assertEquals(
    await run("main.ts", [], { ADMIN_TOKEN, PORT: "0" }),
    notStarted(
      `Cannot start: 1 file of procedures is not as in this release (${CHANGED_FILE}).`,
      "Apply them with: deno task db:migrate",
    ),
  );
});

serverTest(
  "the crons of a process stop when a newer release migrates, and go on when that is undone",
  async () => {
    await using db = await serverEngines()[0]!.migrated({ own: true });
    await using server = await serveProcess("start", {
      DATABASE_URL: db.url,
      ADMIN_TOKEN,
      SPOOL_PATH: "off",
      DENO_CRON_TEST_SCHEDULE_OFFSET: "200",
    });
    const ask = async (sql: string) =>
      (await db.query<{ value: number }>(`select ${sql} as value`))[0]!.value;
    const lastRun = () => ask("(select coalesce(max(id), 0) from job_runs)");
    // Each cron looks there first.
    const looked = () => ask("pg_stat_get_numscans('schema_releases'::regclass)");
    const looksAgain = async (times: number) => {
      const before = await looked();
      await until("the crons look at the release", async () => await looked() >= before + times);
    };
    await until("a job has run", async () => await lastRun() > 0);

    await db.exec(
      "insert into schema_migrations (version, name, checksum) values (9999, '9999_future', 'x')",
    );
    await until("it is noticed", () => server.output().includes("runs no jobs"));
    await looksAgain(3);
    const last = await lastRun();
    await looksAgain(10);
    assertEquals(await lastRun(), last);

    await db.exec("delete from schema_migrations where version = 9999");
    await until("jobs run again", async () => await lastRun() > last);
  },
);
