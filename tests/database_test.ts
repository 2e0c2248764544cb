import { assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { DatabaseUnavailable, DataError } from "../db/database.ts";
import { engines, type TestDatabase, type TestOptions } from "./test_database.ts";

// The seam's promises, on every database behind it.
for (const engine of engines("empty")) {
  const test = (title: string, run: (db: TestDatabase) => Promise<void>, options?: TestOptions) =>
    Deno.test(`${engine.name}: ${title}`, async () => {
      await using db = await engine.empty(options);
      await run(db);
    });

  test("a query returns values as the types that the seam names", async (db) => {
    const rows = await db.query(`
      select 9007199254740991::int8 as int8, 1.50::numeric as numeric, 0.5::float8 as float8, 7::int2 as int2,
        date '2026-03-01' as date, timestamptz '2026-03-01 12:00:00.123+02' as timestamptz, timestamp '2026-03-01 12:00' as timestamp,
        interval '90 minutes' as interval, '{"a":[1,null]}'::jsonb as jsonb, 'null'::json as json, true as bool, null as null,
        '0193e0c2-8d7e-7000-8000-000000000001'::uuid as uuid, '10.1.0.0/16'::inet as inet, '\\x00ff'::bytea as bytea,
        count(*) as count, sum(2::int8) as sum, avg(3::int4) as avg`);

    assertEquals(rows, [{
      int8: 9007199254740991,
      numeric: 1.5,
      float8: 0.5,
      int2: 7,
      date: "2026-03-01",
      timestamptz: new Date("2026-03-01T10:00:00.123Z"),
      timestamp: "2026-03-01 12:00:00",
      interval: "01:30:00",
      jsonb: { a: [1, null] },
      json: null,
      bool: true,
      null: null,
      uuid: "0193e0c2-8d7e-7000-8000-000000000001",
      inet: "10.1.0.0/16",
      bytea: new Uint8Array([0, 255]),
      count: 1,
      sum: 2,
      avg: 3,
    }]);
  });

  test("a query returns arrays of the types that the seam names", async (db) => {
    const rows = await db.query(`
      select array[1, null]::int8[] as int8, array[1.5]::numeric[] as numeric, array['2026-03-01']::date[] as date,
        array['a', 'NULL', null, 'q"\\,{}'] as text, array['2026-03-01 00:00Z']::timestamptz[] as timestamptz,
        array['{"a":1}']::jsonb[] as jsonb, array['10.0.0.1']::inet[] as inet, '{}'::int4[] as empty,
        array[[1, 2], [3, 4]] as nested, array[true, false] as bool`);

    assertEquals(rows, [{
      int8: [1, null],
      numeric: [1.5],
      date: ["2026-03-01"],
      text: ["a", "NULL", null, 'q"\\,{}'],
      timestamptz: [new Date("2026-03-01T00:00:00Z")],
      jsonb: [{ a: 1 }],
      inet: ["10.0.0.1"],
      empty: [],
      nested: [[1, 2], [3, 4]],
      bool: [true, false],
    }]);
  });

  test("a parameter arrives as the value that was passed", async (db) => {
    const params = [
      9007199254740991,
      1.5,
      "2026-03-01",
      new Date("2026-03-01T10:00:00.123Z"),
      { a: ["ü", '"'] },
      '["x"]',
      ["a", null, 'q"\\,{}'],
      [1, 2],
      null,
      undefined,
      "0193e0c2-8d7e-7000-8000-000000000001",
      "2001:db8::1",
      true,
      [true, false],
      new Uint8Array([0, 255]),
      7,
    ];
    const rows = await db.query(
      `select $1::int8 as int8, $2::numeric as numeric, $3::date as date, $4::timestamptz as timestamptz, $5::jsonb as jsonb,
        $6::jsonb as json_text, $7::text[] as texts, $8::int8[] as int8s, $9::text as null, $10::int4 as undefined,
        $11::uuid as uuid, $12::inet as inet, $13::bool as bool, $14::bool[] as bools, $15::bytea as bytea, $16::text as text`,
      params,
    );

    assertEquals(rows, [{
      int8: 9007199254740991,
      numeric: 1.5,
      date: "2026-03-01",
      timestamptz: new Date("2026-03-01T10:00:00.123Z"),
      jsonb: { a: ["ü", '"'] },
      json_text: ["x"],
      texts: ["a", null, 'q"\\,{}'],
      int8s: [1, 2],
      null: null,
      undefined: null,
      uuid: "0193e0c2-8d7e-7000-8000-000000000001",
      inet: "2001:db8::1",
      bool: true,
      bools: [true, false],
      bytea: new Uint8Array([0, 255]),
      text: "7",
    }]);
  });

  test("a statement without rows returns none", async (db) => {
    assertEquals(await db.query("create table notes (note text)"), []);
    assertEquals(await db.query("insert into notes values ($1)", ["a"]), []);
  });

  test("a query takes one statement only", async (db) => {
    await assertRejects(() => db.query("select 1; select 2"), Error, "multiple commands");
  });

  test("exec runs every statement of a script, and none of one that fails", async (db) => {
    await db.exec(
      "create table notes (note text); insert into notes values ('a;b'); insert into notes values ('c');",
    );
    await assertRejects(() => db.exec("insert into notes values ('d'); select 1 / 0"), DataError);

    assertEquals(await db.query("select note from notes order by note"), [{ note: "a;b" }, { note: "c" }]);
  });

  test("a script that fails within its own transaction leaves a database that works", async (db) => {
    await assertRejects(() => db.exec("begin; select 1 / 0"), DataError);

    assertEquals(await db.query("select 1 as one"), [{ one: 1 }]);
  });

  test("a transaction commits when its work resolves", async (db) => {
    await db.exec("create table notes (note text)");

    const result = await db.transaction(async (tx) => {
      await tx.exec("insert into notes values ('a'); insert into notes values ('b')");
      return await tx.query("select count(*) as count from notes");
    });

    assertEquals(result, [{ count: 2 }]);
    assertEquals(await db.query("select count(*) as count from notes"), [{ count: 2 }]);
  });

  test("a transaction rolls back when its work throws, and throws the same error", async (db) => {
    await db.exec("create table notes (note text)");
    // Its words are those of a lost connection, and must not make it one.
    const thrown = new RangeError("connection closed");

    const caught = await db.transaction(async (tx) => {
      await tx.query("insert into notes values ('a')");
      throw thrown;
    }).catch((error) => error);

    assertStrictEquals(caught, thrown);
    assertEquals(await db.query("select * from notes"), []);
  });

  test("a transaction whose work swallows an error does not pass for committed", async (db) => {
    await db.exec("create table notes (note text)");

    await assertRejects(
      () =>
        db.transaction(async (tx) => {
          await tx.query("insert into notes values ('a')");
          await tx.query("select 1 / 0").catch(() => {});
        }),
      DataError,
      "division by zero",
    );

    assertEquals(await db.query("select * from notes"), []);
  });

  test("a transaction that returns to a savepoint commits the rest", async (db) => {
    await db.exec("create table notes (note text)");

    await db.transaction(async (tx) => {
      await tx.query("insert into notes values ('a')");
      await tx.exec("savepoint before");
      await assertRejects(() => tx.query("select 1 / 0"), DataError);
      await tx.exec("rollback to before");
    });

    assertEquals(await db.query("select * from notes"), [{ note: "a" }]);
  });

  test("statements of a transaction that are awaited together run one after the other", async (db) => {
    const rows = await db.transaction((tx) =>
      Promise.all([1, 2, 3].map((n) => tx.query("select $1::int4 as n", [n])))
    );

    assertEquals(rows, [[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]]);
  });

  test("a transaction cannot be used after its end", async (db) => {
    const tx = await db.transaction((tx) =>
      Promise.resolve({ query: tx.query.bind(tx), exec: tx.exec.bind(tx) })
    );

    await assertRejects(() => tx.query("select 1"), Error, "The transaction has ended");
    await assertRejects(() => tx.exec("select 1"), Error, "The transaction has ended");
  });

  test("transactions at the same time lose no update", async (db) => {
    await db.exec("create table counters (n int4); insert into counters values (0)");

    await Promise.all(Array.from({ length: 20 }, () =>
      db.transaction(async (tx) => {
        const [row] = await tx.query<{ n: number }>("select n from counters for update");
        await tx.query("update counters set n = $1", [row!.n + 1]);
      })));

    assertEquals(await db.query("select n from counters"), [{ n: 20 }]);
  });

  test("a refused value is a DataError with its SQLSTATE", async (db) => {
    await db.exec("create table notes (note text unique not null); insert into notes values ('a')");
    const refused: [string, unknown[], string][] = [
      ["select $1::int4", ["x"], "22P02"],
      ["select $1::timestamptz", ["2026-02-30"], "22008"],
      ["select $1::text", ["\u0000"], "22021"],
      ["select $1::jsonb", ['{"a":"\\u0000"}'], "22P05"],
      ["insert into notes values ($1)", ["a"], "23505"],
      ["insert into notes values ($1)", [null], "23502"],
    ];

    const codes = [];
    for (const [sql, params] of refused) {
      codes.push((await assertRejects(() => db.query(sql, params), DataError)).code);
    }

    assertEquals(codes, refused.map(([, , code]) => code));
    assertEquals(await db.query("select 1 as one"), [{ one: 1 }]);
  });

  test("a wrong statement keeps the error of the server", async (db) => {
    const wrong: [string, unknown[], string][] = [
      ["selec 1", [], "42601"],
      ["select * from missing", [], "42P01"],
      ["select $1::int4", [], "08P01"],
      ["do $$ begin raise exception 'no'; end $$", [], "P0001"],
    ];

    const codes = [];
    for (const [sql, params] of wrong) {
      const error = await assertRejects(() => db.query(sql, params)) as Error & { code: string };
      codes.push([error instanceof DatabaseUnavailable || error instanceof DataError, error.code]);
    }

    assertEquals(codes, wrong.map(([, , code]) => [false, code]));
  });

  test("close waits for what runs, may be repeated, and refuses what comes after", async (db) => {
    const running = Promise.all([db.query("select pg_sleep(0.05)"), db.query("select 1 as one")]);
    await Promise.all([db.close(), db.close()]);
    await db.close();

    assertEquals((await running)[1], [{ one: 1 }]);
    await assertRejects(() => db.query("select 1"), DatabaseUnavailable, "The database was closed");
    await assertRejects(() => db.exec("select 1"), DatabaseUnavailable, "The database was closed");
    await assertRejects(
      () => db.transaction(() => Promise.resolve()),
      DatabaseUnavailable,
      "The database was closed",
    );
  }, { own: true });

  test("version names the server", async (db) => {
    const version = await db.version();

    assertMatch(version, /^PostgreSQL \d+\.\d+$/);
    if (!engine.embedded) assertEquals(version, engine.name);
  });
}
