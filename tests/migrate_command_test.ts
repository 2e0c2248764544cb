import { assertEquals } from "@std/assert";
import { answered, commandTest, failed, LAST, MIGRATIONS, PROCEDURES, refused } from "./command_run.ts";
import { emptyDatabase, testDatabase } from "./test_database.ts";

commandTest(
  "db:migrate applies, lists and undoes migrations, and says what it did",
  emptyDatabase,
  async (run) => {
    const migrateTask = (...args: string[]) => run("commands/migrate.ts", args);
    const widest = Math.max(...MIGRATIONS.map((name) => name.length));
    const row = (name: string, rest: string) => `${name.padEnd(widest)}  ${rest}`;
    const status = async () => {
      const { code, stdout, stderr } = await migrateTask("--status");
      return { code, stdout: stdout.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "TIME"), stderr };
    };

    assertEquals(
      await status(),
      answered(
        row("migration", "state    applied"),
        `${"-".repeat(widest)}  -------  -------`,
        ...MIGRATIONS.map((name) => row(name, "pending")),
      ),
    );
    assertEquals(
      await migrateTask(),
      answered(`applied: ${MIGRATIONS.join(", ")}`, `procedures: ${PROCEDURES.join(", ")}`),
    );
    assertEquals(await migrateTask(), answered("no migration was pending", "no procedure has changed"));
    assertEquals(await migrateTask("--down", "2"), answered(`undone: ${LAST}, ${MIGRATIONS.at(-2)}`));
    assertEquals(
      await status(),
      answered(
        row("migration", "state    applied"),
        `${"-".repeat(widest)}  -------  ${"-".repeat(24)}`,
        ...MIGRATIONS.map((name, i) => row(name, i < MIGRATIONS.length - 2 ? "applied  TIME" : "pending")),
      ),
    );
    assertEquals(
      await migrateTask("--down=99"),
      answered(`undone: ${MIGRATIONS.slice(0, -2).toReversed().join(", ")}`),
    );
    assertEquals(await migrateTask("--down", "1"), answered("nothing to undo"));
  },
);

commandTest(
  "db:migrate refuses what it does not know, and does nothing then",
  testDatabase,
  async (run, db) => {
    const whole = (given: string) => `--down is "${given}", but must be a whole number from 1 to 10000`;
    const cases: [string[], string][] = [
      [["--statsu"], "--statsu is not known (did you mean --status?)"],
      [["down", "1"], '"down" is too much (did you mean --down?)'],
      [["--down"], "--down needs a value"],
      [["--down", "0"], whole("0")],
      [["--down", "all"], whole("all")],
      [["--down=-1"], whole("-1")],
      [["--down", "-1"], whole("-1")],
      [["--down", "1", "--status"], "--status and --down do not go together"],
    ];
    for (const [args, problem] of cases) {
      assertEquals(await run("commands/migrate.ts", args), refused("db:migrate", problem));
    }
    const { code, stdout } = await run("commands/migrate.ts", ["--help"]);
    assertEquals([code, stdout.split("\n")[1]], [
      0,
      "  deno task db:migrate             applies pending migrations and changed procedures",
    ]);
    assertEquals(await db.query("select count(*) from schema_migrations"), [{ count: MIGRATIONS.length }]);
  },
);

commandTest("db:migrate names the applied file that was changed", testDatabase, async (run, db) => {
  await db.query("update schema_migrations set checksum = 'other' where version = 1");

  assertEquals(
    await run("commands/migrate.ts", []),
    failed(
      "db:migrate",
      `Cannot migrate: ${MIGRATIONS[0]}.sql was changed after it was applied. ` +
        "Restore the file, and put the change into a new migration",
    ),
  );
});
