import { assertEquals } from "@std/assert";
import { pageview, testApp } from "./fixtures.ts";
import { engines } from "./test_database.ts";

const ROOT = new URL("../", import.meta.url);
const README = await Deno.readTextFile(new URL("README.md", ROOT));
const TABLES = await Deno.readTextFile(new URL("docs/tables.md", ROOT));
const BLOCKS = [...(README + TABLES).matchAll(/```sql\n(.*?)```/gs)].map(([, block]) => block!);

Deno.test("README.md names the tasks of deno.json and no others", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const named = new Set([...README.matchAll(/deno task ([\w:-]+)/g)].map(([, task]) => task!));
  assertEquals([...named].filter((task) => !(task in tasks)), []);
  assertEquals(
    README.includes("npx -y deno@2.9.6 task dev") && README.includes("npx -y deno@2.9.6 task test"),
    true,
  );
});

/** Where the headings of a page can be linked to, as GitHub names them. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!.toLowerCase().replace(/[^\p{L}\p{N}\s-]/gu, "").replace(/ /g, "-")
  );
}

Deno.test("README.md is short, and every link of the docs leads to something", async () => {
  assertEquals(README.split("\n").length <= 350, true);
  const docs = (await Array.fromAsync(Deno.readDir(new URL("docs", ROOT)))).map(({ name }) => `docs/${name}`);
  const pages = ["README.md", "CONTRIBUTING.md", "etl/README.md", "etl/definitions.md", ...docs]
    .filter((name) => name.endsWith(".md"));
  const broken: string[] = [];
  for (const page of pages) {
    const text = await Deno.readTextFile(new URL(page, ROOT));
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target!)) continue;
      const url = new URL(target!, new URL(page, ROOT));
      const anchor = url.hash.slice(1);
      url.hash = "";
      const linked = await Deno.readTextFile(url).catch(() => undefined);
      if (linked === undefined || (anchor !== "" && !anchorsOf(linked).includes(anchor))) {
        broken.push(`${page}: ${target}`);
      }
    }
  }
  assertEquals(broken, []);
});

for (const engine of engines()) {
  Deno.test(`the SQL of README.md and docs/tables.md runs (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    await app.collect(pageview());
    assertEquals(BLOCKS.length, 4);
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
