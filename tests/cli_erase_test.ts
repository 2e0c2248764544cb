import { assertEquals } from "@std/assert";
import { Spool } from "../db/spool.ts";
import { readSpooled } from "../db/spool_erasure.ts";
import { storable } from "../db/event_row.ts";
import { eventRow } from "./event_row.ts";
import { pageview, testApp } from "./fixtures.ts";
import { footfall, footfallCommand } from "./footfall_process.ts";
import { servers, testDatabase } from "./test_database.ts";
import { until } from "./until.ts";
import { tablesWith } from "./visits.ts";

Deno.test("footfall erase tells what would go, goes no further without a yes, and then erases spool and database", async () => {
  await using app = await testApp();
  const cwd = await Deno.makeTempDir();
  const run = (...args: string[]) =>
    footfall(cwd, ["erase", ...args], { DATABASE_URL: app.db.url, SPOOL_PATH: "spool.db" });
  await app.collect(pageview({ visitorId: "vis_gone" }));
  await app.etl();
  const spool = new Spool(`${cwd}/spool.db`, 10_000_000);
  spool.append([storable({ row: eventRow("/", { visitor_id: "vis_gone" }), agent: null })]);
  const table = [
    "table          rows",
    "-------------  ----",
    "events_log        1",
    "pageviews         1",
    "session_rows      1",
    "user_sessions     1",
  ];

  assertEquals(await run("--visitor", "vis_gone", "--dry-run"), {
    code: 0,
    stdout: ["would be erased of vis_gone:", ...table, "spool             1", ""].join("\n"),
    stderr: "",
  });
  assertEquals(await run("--visitor", "vis_gone"), {
    code: 1,
    stdout: "",
    stderr: "footfall: Cannot ask whether to go on, as there is no terminal: say so with --yes\n",
  });
  assertEquals(await run("--visitor", "vis_gone", "--site", "exmple-com", "--yes"), {
    code: 1,
    stdout: "",
    stderr: 'footfall: Cannot find the site "exmple-com" (did you mean example-com?)\n',
  });
  assertEquals((await tablesWith(app.db, "vis_gone")).length, 3);

  assertEquals(await run("--visitor", "vis_gone", "--yes"), {
    code: 0,
    stdout: ["erased of vis_gone:", ...table, "spool             1", ""].join("\n"),
    stderr: "",
  });
  assertEquals([await tablesWith(app.db, "vis_gone"), spool.size], [[], 0]);
  assertEquals(await run("--visitor", "vis_gone", "--yes", "--json"), {
    code: 0,
    stdout: JSON.stringify({ visitor: "vis_gone", site: null, erased: [] }, null, 2) + "\n",
    stderr: "",
  });
  spool.close();
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("what a collector has just read from the spool is erased once it has arrived", async () => {
  await using app = await testApp();
  const cwd = await Deno.makeTempDir();
  const spool = new Spool(`${cwd}/spool.db`, 10_000_000);
  const row = (visitor_id: string) => eventRow("/", { visitor_id });
  spool.append([row("vis_gone"), row("vis_b")].map((row) => storable({ row, agent: null })));
  const [taken] = spool.peek(2, 1_000_000).waiting;

  const running = footfallCommand(cwd, ["erase", "--visitor", "vis_gone", "--yes"], {
    DATABASE_URL: app.db.url,
    SPOOL_PATH: "spool.db",
  }, { stdout: "piped", stderr: "piped" }).output();
  await until(
    "it is gone from the spool",
    () => readSpooled(spool.path, { visitorId: "vis_gone" }).length === 0,
  );
  await app.rows("select store_events($1::jsonb, '[]', $2::uuid[])", [
    JSON.stringify([taken!.event.row]),
    [taken!.event.row.event_id],
  ]);
  spool.forget(2, []);

  assertEquals((await running).code, 0);
  assertEquals(await tablesWith(app.db, "vis_gone"), []);
  spool.close();
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("an erasure that is interrupted has changed nothing in the database", async () => {
  await using db = await testDatabase(servers()[0]!);
  const cwd = await Deno.makeTempDir();
  await db.exec(`insert into pageviews (session_id, visitor_id, site_id, url, path, view_timestamp)
    values ('s', 'vis_gone', 'a', 'u', '/', now())`);
  const locked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const holding = db.transaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0))");
    locked.resolve();
    await release.promise;
  });
  await locked.promise;
  const child = footfallCommand(cwd, ["erase", "--visitor", "vis_gone", "--yes"], { DATABASE_URL: db.url }, {
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const waiting = () => db.query("select from pg_locks where locktype = 'advisory' and not granted");
  await until("it waits for the lock", async () => (await waiting()).length === 1);

  child.kill("SIGINT");
  const { code, stdout, stderr } = await child.output();
  release.resolve();
  await holding;

  assertEquals([code, stdout.length, new TextDecoder().decode(stderr)], [130, 0, "footfall: Interrupted\n"]);
  await until(
    "its transaction is over",
    async () =>
      (await db.query(
        "select from pg_stat_activity where pid <> pg_backend_pid() and query ~ 'erase_visitor'",
      ))
        .length === 0,
  );
  assertEquals(await db.query("select visitor_id from pageviews"), [{ visitor_id: "vis_gone" }]);
  await Deno.remove(cwd, { recursive: true });
});
