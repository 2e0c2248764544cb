import { assertEquals, assertRejects } from "@std/assert";
import { DatabaseUnavailable } from "../db/database.ts";
import { openDatabase } from "../db/open.ts";
import { emptyDatabase, servers } from "./test_database.ts";

// deno-postgres behind the seam. Where it cannot be loaded (it is on JSR) only the refusal is tested; the seam's own
// tests run on it with: DATABASE_DRIVER=deno-postgres deno task test --config deno.jsr.json
const driver = "deno-postgres";
const specifier = "@db/postgres";
const loaded = await import(specifier).then(() => true, () => false);

for (const server of servers()) {
  const test = (title: string, run: (url: string) => Promise<void>) =>
    Deno.test({
      name: `${server.name}: ${title}`,
      ignore: !loaded,
      fn: async () => {
        await using db = await emptyDatabase(server);
        await run(db.url);
      },
    });

  test("deno-postgres reads what is larger than its socket buffers, and many rows", async (url) => {
    await using db = await openDatabase(url, { driver, poolSize: 1 });
    const text = "ü".repeat(2_000_000);

    assertEquals(await db.query("select $1::text as text", [text]), [{ text }]);
    const rows = await db.query<{ n: number; pad: string }>(
      "select n, repeat('x', 1000) as pad from generate_series(1, 5000) n",
    );

    assertEquals(rows.map(({ n }) => n), Array.from({ length: 5000 }, (_, i) => i + 1));
    assertEquals(new Set(rows.map(({ pad }) => pad)), new Set(["x".repeat(1000)]));
  });

  test("a script may select rows of several shapes", async (url) => {
    await using db = await openDatabase(url, { driver, poolSize: 1 });

    await db.exec("select 1; select 2, 3; create table notes as select 'a' as note");

    assertEquals(await db.query("select note from notes"), [{ note: "a" }]);
  });

  test("a statement that the driver cannot read costs one connection, not the pool", async (url) => {
    await using db = await openDatabase(url, { driver, poolSize: 1 });

    await assertRejects(
      () => db.query("copy (select 1) to stdout"),
      Error,
      "Unexpected prepared query message",
    );

    assertEquals(await db.query("select 1 as one"), [{ one: 1 }]);
  });

  test("connects that fail do not use up the pool of deno-postgres", async (url) => {
    await using admin = await openDatabase(url, { poolSize: 1 });
    const missing = new URL(url);
    missing.pathname += "_late";
    await using db = await openDatabase(missing.href, { driver, poolSize: 1 });
    for (const _attempt of [1, 2, 3]) {
      await assertRejects(() => db.query("select 1"), DatabaseUnavailable, "does not exist");
    }

    await admin.exec(`create database ${missing.pathname.slice(1)}`);
    try {
      assertEquals(await db.query("select 1 as one"), [{ one: 1 }]);
    } finally {
      await db.close();
      await admin.exec(`drop database ${missing.pathname.slice(1)}`);
    }
  });

  test("deno-postgres never falls back to plain text", async (url) => {
    await using db = await openDatabase(`${url}?sslmode=require`, { driver });

    await assertRejects(
      () => db.version(),
      DatabaseUnavailable,
      "The server does not support SSL connections",
    );
  });
}

Deno.test({
  name: "a driver that cannot be loaded is refused with what to do",
  ignore: loaded,
  fn: async () => {
    await assertRejects(
      () => openDatabase("postgres://h/d", { driver }),
      TypeError,
      "--config deno.jsr.json",
    );
  },
});

Deno.test("deno.jsr.json is deno.json, with JSR's own names", async () => {
  const read = async (file: string) =>
    JSON.parse(await Deno.readTextFile(new URL(`../${file}`, import.meta.url)));
  const own = await read("deno.json"), jsr = await read("deno.jsr.json");
  const names = (imports: Record<string, string>) =>
    Object.entries(imports).filter(([name]) => !/^@(std|db)\//.test(name));

  assertEquals(names(jsr.imports), names(own.imports));
  assertEquals(
    Object.keys(jsr.imports).filter((name) => name.startsWith("@std/")),
    Object.keys(own.imports).filter((name) => name.startsWith("@std/")),
  );
  assertEquals(jsr.imports["@db/postgres"], "jsr:@db/postgres@0.19.5");
  assertEquals(
    [jsr.unstable, jsr.compilerOptions.jsx, jsr.compilerOptions.jsxImportSource],
    [own.unstable, own.compilerOptions.jsx, own.compilerOptions.jsxImportSource],
  );
});
