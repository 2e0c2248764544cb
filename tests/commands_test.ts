import { assertEquals } from "@std/assert";
import { migrate } from "../db/migrate.ts";
import { commandTest, failed, LAST, MIGRATIONS, notStarted, PENDING } from "./command_run.ts";
import { emptyDatabase, testDatabase } from "./test_database.ts";

commandTest(
  "every command that needs the tables names the one that makes them",
  emptyDatabase,
  async (run, db) => {
    for (
      const [program, ...args] of [["commands/site.ts", "list"], ["commands/etl.ts"], [
        "commands/demo_data.ts",
      ]] as const
    ) {
      const task = program.replace(/^commands\/|\.ts$/g, "").replace("_", "-");
      assertEquals(await run(program, args), failed(task, PENDING));
    }
    assertEquals(
      await db.query("select relname from pg_class where relnamespace = 'public'::regnamespace"),
      [],
    );
  },
);

commandTest(
  "a command that cannot reach its database says so, and keeps the password to itself",
  testDatabase,
  async (run) => {
    for (
      const [program, ...args] of [["commands/migrate.ts", "--status"], [
        "commands/sql.ts",
        "select 1",
      ]] as const
    ) {
      // Nothing listens on port 1.
      const { code, stdout, stderr } = await run(program, args, {
        DATABASE_URL: "postgres://app:hunter2@127.0.0.1:1/footfall",
      });

      assertEquals({ code, stdout, lines: stderr.split("\n").length, leaks: stderr.includes("hunter2") }, {
        code: 1,
        stdout: "",
        lines: 2,
        leaks: false,
      });
    }
  },
);

commandTest("a command names every setting that is wrong", testDatabase, async (run) => {
  assertEquals(
    await run("commands/migrate.ts", ["--status"], {
      RETENTION_DAYS: "soon",
      DATABASE_URL: "mysql://a:hunter2@b/c",
    }),
    failed(
      "db:migrate",
      [
        "Cannot read the settings:",
        "  DATABASE_URL is not valid, but may be postgres://USER:PASSWORD@HOST:PORT/DATABASE, pglite:DIR or pglite:memory",
        '  RETENTION_DAYS is "soon", but may be a whole number of days from 1 to 36500',
      ].join("\n"),
    ),
  );
});

commandTest("start names all the settings that production lacks at once", testDatabase, async (run) => {
  assertEquals(
    await run("main.ts", [], { DATABASE_URL: "" }),
    notStarted(
      "Cannot read the settings:",
      "  DATABASE_URL is not set, but production needs a Postgres: postgres://USER:PASSWORD@HOST:PORT/DATABASE",
      "  ADMIN_TOKEN is not set, but must be 8 or more characters without blanks",
    ),
  );
});

commandTest(
  "start refuses pending migrations, naming them and the command that applies them",
  emptyDatabase,
  async (run, db) => {
    const start = () => run("main.ts", [], { ADMIN_TOKEN: "0123456789abcdef", PORT: "0" });

    assertEquals(
      await start(),
      notStarted(
        `Cannot start: ${MIGRATIONS.length} migrations are pending (${MIGRATIONS.join(", ")}).`,
        "Apply them with: deno task db:migrate",
      ),
    );

    await migrate(db);
    await db.query("delete from schema_migrations where name = $1", [LAST]);
    assertEquals(
      await start(),
      notStarted(
        `Cannot start: 1 migration is pending (${LAST}).`,
        "Apply them with: deno task db:migrate",
      ),
    );
  },
);
