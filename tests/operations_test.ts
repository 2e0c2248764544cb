import { assertEquals } from "@std/assert";
import { footfall } from "./footfall_process.ts";
import { pageview, testApp } from "./fixtures.ts";
import { engines } from "./test_database.ts";

const read = (path: string) => Deno.readTextFile(new URL(`../${path}`, import.meta.url));
const OPERATIONS = await read("docs/operations.md");
const STATEMENTS = [...OPERATIONS.matchAll(/```sql\n(.*?)```/gs)]
  .flatMap(([, block]) => block!.split(/;\s*$/m)).filter((statement) => statement.trim() !== "");

for (const engine of engines()) {
  Deno.test(`the SQL of docs/operations.md runs, but for what it says of the embedded database (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    await app.collect(pageview());
    await app.etl();
    assertEquals(STATEMENTS.length, 10);
    for (const statement of STATEMENTS) {
      if (statement.includes("from pg_stat_statements")) {
        if (engine.embedded) continue;
        await app.db.exec("create extension if not exists pg_stat_statements");
      }
      await app.db.query(statement);
    }
  });
}

Deno.test("the docs name commands that there are, and README.md lists all of them as they list themselves", async () => {
  const cwd = await Deno.makeTempDir();
  const { stdout } = await footfall(cwd, ["help"], {});
  const there = [...stdout.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)].map(([, name]) => name!);
  const readme = await read("README.md");
  const named = [...`${readme}\n${OPERATIONS}`.matchAll(/deno task footfall ([a-z-]+)/g)].map(([, name]) =>
    name!
  );

  assertEquals(named.filter((name) => name !== "help" && !there.includes(name)), []);
  assertEquals(readme.includes(stdout), true);
  await Deno.remove(cwd, { recursive: true });
});
