import { assertEquals, assertRejects } from "@std/assert";
import { Conflict, type Database, DatabaseUnavailable, StatementTimeout } from "../db/database.ts";
import type { OpenOptions } from "../db/open.ts";
import { startProxy } from "./tcp_proxy.ts";
import { emptyDatabase, openTarget, servers, type TestDatabase } from "./test_database.ts";

// What only a server can do: run several statements at once, be late, and go away.
for (const server of servers()) {
  const test = (title: string, run: (db: TestDatabase) => Promise<void>, options?: OpenOptions) =>
    Deno.test(`${server.name}: ${title}`, async () => {
      await using db = await emptyDatabase(server, options);
      await run(db);
    });

  test("of two transactions in a deadlock one commits and the other is a Conflict", async (db) => {
    await db.exec("create table counters (id int4, n int4); insert into counters values (1, 0), (2, 0)");
    const bothHold = barrier(2);
    const update = (first: number, second: number) =>
      db.transaction(async (tx) => {
        await tx.exec("set local deadlock_timeout = 10");
        await tx.query("update counters set n = n + 1 where id = $1", [first]);
        await bothHold();
        await tx.query("update counters set n = n + 1 where id = $1", [second]);
      });

    const results = await Promise.allSettled([update(1, 2), update(2, 1)]);

    const errors = results.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
    assertEquals(errors.map((error) => error.constructor), [Conflict]);
    assertEquals(await db.query("select n from counters"), [{ n: 1 }, { n: 1 }]);
  });

  test("more statements than connections wait for their turn, longer than connecting may take", async (db) => {
    await using small = await openTarget(db.url, { poolSize: 1, connectTimeout: 200 });

    const rows = await Promise.all(
      [1, 2, 3].map((n) => small.query("select pg_sleep(0.15)::text as slept, $1::int4 as n", [n])),
    );

    assertEquals(small.connections, 1);
    assertEquals(rows, [1, 2, 3].map((n) => [{ slept: "", n }]));
  });

  test("a statement that takes too long fails, is stopped on the server, and leaves a working pool", async (db) => {
    await using hasty = await openTarget(db.url, { poolSize: 1, statementTimeout: 100 });

    await assertRejects(() => hasty.query("select pg_sleep(60)"), StatementTimeout);

    assertEquals(await hasty.query("select 1 as one"), [{ one: 1 }]);
    await until(async () => (await sleepers(db)) === 0);
  });

  test("a statement of a transaction that takes too long fails on the server", async (db) => {
    await using one = await openTarget(db.url, { poolSize: 1 });

    await assertRejects(
      () => one.transaction((tx) => tx.query("select pg_sleep(60)"), { statementTimeout: 100 }),
      StatementTimeout,
      "statement timeout",
    );

    // The limit ends with its transaction.
    assertEquals(await one.query("select current_setting('statement_timeout') as limit"), [{ limit: "0" }]);
    assertEquals(await sleepers(db), 0);
  });

  test("a transaction without a limit may take longer than other statements", async (db) => {
    await using hasty = await openTarget(db.url, { statementTimeout: 50 });

    const rows = await hasty.transaction((tx) => tx.query("select pg_sleep(0.2)::text as slept"), {
      statementTimeout: 0,
    });

    assertEquals(rows, [{ slept: "" }]);
  });

  test("connections that are ended while idle are replaced", async (db) => {
    await using victim = await openTarget(db.url, { poolSize: 2 });
    await Promise.all([victim.query("select pg_sleep(0.01)"), victim.query("select pg_sleep(0.01)")]);

    assertEquals(await endOthers(db), 2);

    // Until the end arrives a statement may meet a connection that is gone: an error, but one that passes.
    await until(async () => {
      try {
        return (await victim.query("select 1 as one")).length === 1;
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable)) throw error;
        return false;
      }
    });
    assertEquals(await victim.transaction((tx) => tx.query("select 2 as two")), [{ two: 2 }]);
  });

  test("a connection that is ended within a transaction is DatabaseUnavailable, and replaced", async (db) => {
    await using victim = await openTarget(db.url, { poolSize: 1 });
    await db.exec("create table notes (note text)");

    await assertRejects(() =>
      victim.transaction(async (tx) => {
        await tx.query("insert into notes values ('a')");
        await endOthers(db);
        await tx.query("insert into notes values ('b')");
      }), DatabaseUnavailable);
    await assertRejects(() =>
      victim.transaction(async (tx) => {
        await tx.query("insert into notes values ('c')");
        await endOthers(db);
      }), DatabaseUnavailable);

    assertEquals(await victim.query("select * from notes"), []);
  });

  test("a server that is away is DatabaseUnavailable, and used again when it is back", async (db) => {
    await using proxy = startProxy(db.url);
    await using away = await openTarget(proxy.url, { poolSize: 2 });
    assertEquals(await away.version(), server.name);

    await proxy.cut();
    for (const _attempt of [1, 2, 3, 4]) {
      await assertRejects(() => away.query("select 1"), DatabaseUnavailable);
      await assertRejects(() => away.transaction(() => Promise.resolve()), DatabaseUnavailable);
    }
    proxy.restore();

    assertEquals(await away.version(), server.name);
  });

  test("a network that swallows packets ends in a timeout, and the pool works when it is back", async (db) => {
    await using proxy = startProxy(db.url);
    await using stalled = await openTarget(proxy.url, {
      poolSize: 1,
      statementTimeout: 200,
      connectTimeout: 1_000,
    });
    await stalled.version();

    proxy.stall();
    await assertRejects(() => stalled.query("select 1"), StatementTimeout);
    await assertRejects(() => stalled.query("select 1"), DatabaseUnavailable, "Cannot connect");
    proxy.restore();

    assertEquals(await stalled.query("select 1 as one"), [{ one: 1 }]);
  });

  test("close does not wait for a server that no longer answers", async (db) => {
    await using proxy = startProxy(db.url);
    const stalled = await openTarget(proxy.url);
    await stalled.version();

    proxy.stall();
    await stalled.close();
  });

  test("no connection is left when close resolves", async (db) => {
    const other = await openTarget(db.url);
    await Promise.all([1, 2, 3].map(() => other.version()));

    await other.close();

    assertEquals(await endOthers(db), 0);
  });

  test("what the server does not let in is DatabaseUnavailable, with its reason", async (db) => {
    const missing = new URL(db.url);
    missing.pathname = "/missing";
    await using database = await openTarget(missing.href);

    await assertRejects(() => database.version(), DatabaseUnavailable, 'database "missing" does not exist');
  });

  test("a target in parts opens the same server", async (db) => {
    const url = new URL(db.url);
    await using parts = await openTarget({
      host: url.hostname,
      port: Number(url.port),
      user: url.username,
      database: url.pathname.slice(1),
    });

    assertEquals(await parts.query("select current_database() as name"), [{ name: url.pathname.slice(1) }]);
  });
}

Deno.test("a server that accepts and never answers is DatabaseUnavailable after the connect timeout", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  await using db = await openTarget(`postgres://u@127.0.0.1:${listener.addr.port}/d`, {
    connectTimeout: 100,
  });

  await assertRejects(() => db.version(), DatabaseUnavailable, "Cannot connect to the database");
  (await accepted).close();
});

Deno.test("a port where nobody listens is DatabaseUnavailable", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  await using db = await openTarget(`postgres://u@localhost:${listener.addr.port}/d`);

  await assertRejects(() => db.version(), DatabaseUnavailable, "ECONNREFUSED");
});

Deno.test("an unknown target is refused, without its password", async () => {
  for (const target of ["", "pglite:", "mysql://u:secret@host/d", "nonsense"]) {
    const error = await assertRejects(() => openTarget(target), TypeError, "expected postgres://");
    assertEquals(error.message.includes("secret"), false);
  }
});

Deno.test("an sslmode that may fall back to plain text is refused", async () => {
  for (const mode of ["prefer", "allow", "requier"]) {
    await assertRejects(() => openTarget(`postgres://h/d?sslmode=${mode}`), TypeError, `sslmode=${mode}`);
  }
});

/** Resolves when `parties` have called it. */
function barrier(parties: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let arrived = 0;
  return () => {
    if (++arrived === parties) resolve();
    return promise;
  };
}

/** Asks until the answer is yes; the test's own limit ends it otherwise. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 10_000; attempt++) if (await condition()) return;
  throw new Error("The condition never came true");
}

/** How many statements of `pg_sleep` run in the database of `db`. */
async function sleepers(db: Database): Promise<number> {
  const rows = await db.query(
    `select pid from pg_stat_activity
    where datname = current_database() and state = 'active' and query = 'select pg_sleep(60)'`,
  );
  return rows.length;
}

/** Ends every other connection to the database of `db`, and waits until they are gone. Answers how many. */
async function endOthers(db: Database): Promise<number> {
  const ended = await db.query(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
  );
  return ended.length;
}
