import { assertEquals, assertRejects } from "@std/assert";
import { describeConnectionFailure } from "../db/connection_failure.ts";
import { migrate } from "../db/migrate.ts";
import { openDatabase } from "../db/open.ts";
import { serveDev } from "./served_process.ts";
import { emptyDatabase, servers } from "./test_database.ts";

/** What a server that does not start prints. */
async function refusal(env: Record<string, string>): Promise<string> {
  const error = await assertRejects(
    () => serveDev(env),
    Error,
  );
  return error.message.replace("The server ended:\n", "");
}

Deno.test("a server that cannot listen says why, and what would be right", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  assertEquals(
    await refusal({ PORT: String(port) }),
    `Cannot start: port ${port} is taken. Stop what listens there (is it another Footfall?), or set PORT to another one`,
  );
  assertEquals(
    // An address for documentation (RFC 5737): no machine has it.
    await refusal({ HOST: "192.0.2.1" }),
    "Cannot start: this machine has no address 192.0.2.1. Set HOST to one that it has, such as 0.0.0.0, 127.0.0.1 or ::",
  );
});

Deno.test("an embedded database that cannot be kept says where, and what would be right", async () => {
  const file = await Deno.makeTempFile();
  assertEquals(
    await refusal({ DATABASE_URL: `pglite:${file}/pg` }),
    `Cannot keep a database in ${file}/pg: Not a directory (os error 20): mkdir '${file}/pg'. ` +
      "Name another folder: DATABASE_URL=pglite:DIR",
  );
  await Deno.remove(file);
});

Deno.test("a connection that is refused says what to look at", async () => {
  await using existing = await emptyDatabase(servers()[0]!);
  const url = new URL(existing.url);
  const failure = async (change: (url: URL) => void) => {
    const changed = new URL(url);
    change(changed);
    await using db = await openDatabase(changed.href);
    return (await assertRejects(() => db.query("select 1"), Error)).message;
  };
  assertEquals(
    await failure((url) => url.pathname = "/nowhere"),
    'Cannot connect to the database: database "nowhere" does not exist (make it (createdb), or name another one in DATABASE_URL)',
  );
  assertEquals(
    await failure((url) => url.port = "1"),
    `Cannot connect to the database: connect ECONNREFUSED ${url.hostname}:1 ` +
      "(is the server up, and are host and port of DATABASE_URL right?)",
  );
  // What only other servers say.
  for (
    const [reason, described] of [
      [
        'password authentication failed for user "app"',
        'password authentication failed for user "app" (are user and password of DATABASE_URL right?)',
      ],
      [
        "getaddrinfo ENOTFOUND db.invalid",
        "getaddrinfo ENOTFOUND db.invalid (is the host of DATABASE_URL right?)",
      ],
      [
        "SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string",
        "the server asks for a password, and there is none: set it in DATABASE_URL or PGPASSWORD",
      ],
      ["the database system is starting up", "the database system is starting up"],
    ] as const
  ) {
    assertEquals(describeConnectionFailure(new Error(reason)), described);
  }
});

Deno.test("a server that is too old is refused, and nothing is made in it", async () => {
  await using db = await emptyDatabase(servers()[0]!);
  await db.exec(`
    create schema old;
    create function old.current_setting(text) returns text language sql
      as $$ select case $1 when 'server_version_num' then '140012' else pg_catalog.current_setting($1) end $$;
    do $$ begin execute format('alter database %I set search_path = old, pg_catalog, public', current_database()); end $$`);
  await using old = await openDatabase(db.url);
  const error = await assertRejects(() => migrate(old), Error);
  assertEquals(
    error.message,
    "Cannot use PostgreSQL 14.12: Footfall needs PostgreSQL 15 or later. Upgrade the server",
  );
  assertEquals(await db.query("select to_regclass('public.schema_migrations') as made"), [{ made: null }]);
});
