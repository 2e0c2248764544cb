import { assertEquals, assertGreaterOrEqual, assertRejects, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { openDatabase } from "../db/open.ts";
import { emptyEmbeddedDatabase } from "./embedded_database.ts";

// What only the embedded database has to do: share one connection, and keep its directory to itself.

Deno.test("PGlite: a query outside a transaction waits until the transaction has ended", async () => {
  await using db = await emptyEmbeddedDatabase();
  await db.exec("create table notes (note text)");
  const { promise: inserted, resolve: insertedNow } = Promise.withResolvers<void>();
  const { promise: mayCommit, resolve: letCommit } = Promise.withResolvers<void>();

  const transaction = db.transaction(async (tx) => {
    await tx.query("insert into notes values ('a')");
    insertedNow();
    await mayCommit;
    await tx.query("insert into notes values ('b')");
  });
  await inserted;
  const outside = db.query("select note from notes");
  letCommit();
  await transaction;

  assertEquals(await outside, [{ note: "a" }, { note: "b" }]);
});

Deno.test("PGlite: the database is refused inside its own transaction instead of waiting for ever", async () => {
  await using db = await emptyEmbeddedDatabase();

  const work = () => db.transaction(() => db.query("select 1"));

  await assertRejects(work, Error, "Inside a transaction use its `tx`");
  assertEquals(await db.query("select 1 as one"), [{ one: 1 }]);
});

Deno.test("PGlite: a directory that this process has open is refused, and free after close", async () => {
  await using db = await emptyEmbeddedDatabase({ own: true });

  await assertRejects(() => openDatabase(db.url), Error, `process ${Deno.pid} has it open`);
  await db.close();

  await using again = await openDatabase(db.url);
  assertEquals(await again.query("select 1 as one"), [{ one: 1 }]);
});

Deno.test("PGlite: a directory is made with its parents, and keeps its rows", async () => {
  await using parent = await emptyEmbeddedDatabase();
  const url = `${parent.url}-other/a/b`;
  {
    await using db = await openDatabase(url);
    await db.exec("create table notes (note text); insert into notes values ('a')");
  }

  await using db = await openDatabase(url);
  assertEquals(await db.query("select note from notes"), [{ note: "a" }]);
});

Deno.test("PGlite: a second process is refused, and a killed one leaves every row that it committed", async () => {
  await using db = await emptyEmbeddedDatabase({ own: true });
  await db.close();

  for (const round of [1, 2]) {
    const writer = startWriter(db.url);
    const numbers = writer.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let printed = "";
    while (printed.split("\n").length <= 100) printed += (await numbers.read()).value ?? "";

    const error = await assertRejects(() => openDatabase(db.url), Error, "has it open");
    assertStringIncludes(error.message, `process ${writer.pid} `);

    writer.kill("SIGKILL");
    for (let rest = await numbers.read(); !rest.done; rest = await numbers.read()) printed += rest.value;
    await writer.status;

    const acknowledged = printed.slice(0, printed.lastIndexOf("\n")).split("\n").map(Number);
    await using reopened = await openDatabase(db.url);
    const [row] = await reopened.query<{ count: number; last: number }>(
      "select count(*) as count, max(n) as last from numbers",
    );
    assertGreaterOrEqual(row!.count, acknowledged.length, `round ${round}`);
    assertEquals(row!.count, row!.last);
    await reopened.exec("drop table numbers");
  }
});

function startWriter(url: string): Deno.ChildProcess {
  const script = fileURLToPath(import.meta.resolve("./pglite_writer.ts"));
  return new Deno.Command(Deno.execPath(), { args: ["run", "-A", script, url], stdout: "piped" }).spawn();
}
