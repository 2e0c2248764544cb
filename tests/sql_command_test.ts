import { assertEquals } from "@std/assert";
import { tableJson, tableText } from "../commands/sql.ts";
import { answered, commandTest, failed, refused } from "./command_run.ts";
import { footfallCommand } from "./footfall_process.ts";
import { engines, servers, testDatabase } from "./test_database.ts";
import { until } from "./until.ts";

const ALIKE = `select 1 as a, 2 as a, 0.50 as a, 'NaN'::float8 as a, 9007199254740993 as b, null as b,
  '[9007199254740993]'::jsonb as b, array[1, 2] as c, E'two\\nlines\\x1b[2J' as c, repeat('x', 99) as d,
  true as d, timestamptz '2026-03-10 12:00Z' as d, '\\x00ff'::bytea as e`;

for (const engine of engines()) {
  Deno.test(`sql prints every column, in order, whatever it is called (${engine.name})`, async () => {
    await using db = await engine.migrated();
    const { columns, rows } = await db.table(ALIKE);
    assertEquals(columns.map(({ name }) => name), [
      "a",
      "a",
      "a",
      "a",
      "b",
      "b",
      "b",
      "c",
      "c",
      "d",
      "d",
      "d",
      "e",
    ]);
    const text = tableText({ columns, rows }).split("\n");
    assertEquals(text.map((line) => line.split(/ {2,}/)), [
      ["a", "a", "a", "a", "b", "b", "b", "c", "c", "d", "d", "d", "e"],
      [1, 1, 3, 3, 16, 1, 18, 5, 19, 99, 4, 24, 6].map((width) => "-".repeat(width)),
      [
        "1",
        "2",
        "0.5",
        "NaN",
        "9007199254740993",
        "[9007199254740993]",
        "{1,2}",
        "two\\nlines\\u001b[2J",
        "x".repeat(99),
        "true",
        "2026-03-10T12:00:00.000Z",
        "\\x00ff",
      ],
    ]);
    assertEquals(tableJson(await db.table(ALIKE.replace("[9007199254740993]", "[1]"))), {
      columns: columns.map(({ name }) => name),
      rows: [[
        1,
        2,
        0.5,
        "NaN",
        "9007199254740993",
        null,
        [1],
        [1, 2],
        "two\nlines\x1b[2J",
        "x".repeat(99),
        true,
        new Date("2026-03-10T12:00:00Z"),
        "\\x00ff",
      ]],
    });
  });
}

Deno.test("a query that is interrupted is stopped in the database, too", async () => {
  await using db = await testDatabase(servers()[0]!);
  const cwd = await Deno.makeTempDir();
  const child = footfallCommand(cwd, ["sql", "select pg_sleep(600)"], { DATABASE_URL: db.url }, {
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const running = async () =>
    (await db.query("select from pg_stat_activity where state = 'active' and query = 'select pg_sleep(600)'"))
      .length;
  await until("it runs", async () => await running() === 1);

  child.kill("SIGINT");
  const { code, stderr } = await child.output();

  assertEquals([code, new TextDecoder().decode(stderr), await running()], [
    130,
    "footfall: Interrupted\n",
    0,
  ]);
  await Deno.remove(cwd, { recursive: true });
});

commandTest("sql prints the rows of a query as a table", testDatabase, async (run, db) => {
  await db.query("insert into sites (site_id, created_at) values ('shop', 'epoch')");

  assertEquals(
    await run("commands/sql.ts", [
      "select site_id, 12 as count, null as nothing, true as yes, created_at, '{\"a\":[1]}'::jsonb as json from sites",
    ]),
    answered(
      "site_id  count  nothing  yes   created_at                json",
      "-------  -----  -------  ----  ------------------------  ----------",
      'shop        12           true  1970-01-01T00:00:00.000Z  {"a": [1]}',
    ),
  );
  assertEquals(await run("commands/sql.ts", ["select", "1", "as", "one"]), answered("one", "---", "  1"));
  assertEquals(
    await run("commands/sql.ts", ["select 1 as one where false"]),
    answered("one", "---", "(0 rows)"),
  );
  assertEquals(await run("commands/sql.ts", ["create table fresh (a int)"]), answered("done"));
});

commandTest("sql says what is wrong with a query, without a stack trace", testDatabase, async (run) => {
  assertEquals(
    await run("commands/sql.ts", ["select nothing"]),
    failed("sql", 'column "nothing" does not exist'),
  );
  assertEquals(await run("commands/sql.ts", ["select 1/0"]), failed("sql", "division by zero"));
  assertEquals(
    await run("commands/sql.ts", []),
    refused("sql", 'say what to ask, such as "select * from user_sessions"'),
  );
  assertEquals(
    await run("commands/sql.ts", [" "]),
    refused("sql", 'say what to ask, such as "select * from user_sessions"'),
  );
});
