import { assertEquals } from "@std/assert";
import { pageview, testApp } from "./fixtures.ts";
import { engines } from "./test_database.ts";

const README = await Deno.readTextFile(new URL("../README.md", import.meta.url));
const BLOCKS = [...README.matchAll(/```sql\n(.*?)```/gs)].map(([, block]) => block!);

Deno.test("README.md names the tasks of deno.json and no others", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  const named = new Set([...README.matchAll(/deno task ([\w:-]+)/g)].map(([, task]) => task!));
  assertEquals([...named].filter((task) => !(task in tasks)), []);
  assertEquals(
    README.includes("npx -y deno@2.9.6 task dev") && README.includes("npx -y deno@2.9.6 task test"),
    true,
  );
});

for (const engine of engines()) {
  Deno.test(`the SQL of README.md runs (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    await app.collect(pageview());
    assertEquals(BLOCKS.length, 3);
    for (const statement of BLOCKS.join("\n").split(/;\s*$/m).filter((text) => text.trim() !== "")) {
      // It takes a setting of the whole server, which the embedded one does not have.
      if (engine.embedded && statement.includes("pg_stat_statements")) continue;
      if (statement.includes("pg_stat_statements")) {
        await app.db.exec("create extension if not exists pg_stat_statements");
      }
      await app.db.exec(statement);
    }
  });
}
