import { assertEquals } from "@std/assert";
import { createApiKey } from "../db/api_keys.ts";
import { storable } from "../db/event_row.ts";
import { saveSite } from "../db/site_directory.ts";
import { countSiteRows } from "../db/site_removal.ts";
import { Spool } from "../db/spool.ts";
import { answered, failed } from "./command_run.ts";
import { eventRow } from "./event_row.ts";
import { pageview, testApp } from "./fixtures.ts";
import { footfall, footfallCommand } from "./footfall_process.ts";
import { until } from "./until.ts";

Deno.test("site remove --data tells what would go, goes no further without a yes, and then deletes spool and database", async () => {
  await using app = await testApp();
  const cwd = await Deno.makeTempDir();
  const run = (...args: string[]) =>
    footfall(cwd, ["site", "remove", "shop", ...args], { DATABASE_URL: app.db.url, SPOOL_PATH: "spool.db" });
  await saveSite(app.db, { siteId: "shop" });
  await createApiKey(app.db, { siteId: "shop", name: "report", scope: "read" });
  for (const siteId of ["shop", "blog"]) await app.collect(pageview({ siteId }));
  await app.etl();
  const spool = new Spool(`${cwd}/spool.db`, 10_000_000);
  spool.append(["shop", "blog"].map((site_id) => storable({ row: eventRow("/", { site_id }), agent: null })));
  const tables = (await countSiteRows(app.db, "shop")).map(({ table }) => table);
  assertEquals(
    await footfall(cwd, ["site", "set", "shop", "--count-bots", "--data"], {}),
    { code: 2, stdout: "", stderr: "footfall: --data goes with remove; see: deno task footfall help site\n" },
  );
  const dryRun = await run("--data", "--dry-run", "--json");

  const would = JSON.parse(dryRun.stdout);
  assertEquals([would.done, would.site, would.keys, would.links], ["would remove", "shop", 1, 0]);
  assertEquals(would.deleted.map(({ table }: { table: string }) => table), [...tables, "spool"]);
  assertEquals(
    await run("--data"),
    failed("footfall", "Cannot ask whether to go on, as there is no terminal: say so with --yes"),
  );
  assertEquals(await app.rows("select site_id from sites"), [{ site_id: "shop" }]);

  const done = await run("--data", "--yes", "--json");
  assertEquals(JSON.parse(done.stdout), { ...would, done: "removed" });
  assertEquals([await countSiteRows(app.db, "shop"), spool.size], [[], 1]);
  assertEquals(await app.rows("select site_id from user_sessions"), [{ site_id: "blog" }]);
  assertEquals(
    await run("--data", "--yes"),
    failed("footfall", "Cannot remove shop: there is no such site"),
  );
  spool.close();
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("site remove --data that was interrupted or killed is finished by the next, and holds the ETL of others only for a chunk", async () => {
  await using app = await testApp();
  const cwd = await Deno.makeTempDir();
  const remove = ["site", "remove", "shop", "--data", "--yes"];
  await app.collect(pageview({ siteId: "shop" }));
  await app.etl();
  await app.rows(
    `insert into user_events (session_id, visitor_id, site_id, event_type, event_timestamp)
     select 's', 'v', 'shop', 'click', '2026-03-10' from generate_series(1, 30000)`,
  );
  const locked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  // Another site's roll-up, which goes on for long.
  const rollingUp = app.db.transaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock(hashtextextended('footfall:roll-up', 0))");
    locked.resolve();
    await release.promise;
  });
  await locked.promise;
  const begun = async () => {
    const child = footfallCommand(cwd, remove, { DATABASE_URL: app.db.url }, {
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await until(
      "it waits for the roll-up",
      async () =>
        (await app.rows("select from pg_locks where locktype = 'advisory' and not granted")).length === 1,
    );
    return child;
  };
  const interrupted = await begun();
  interrupted.kill("SIGINT");
  const { code, stderr } = await interrupted.output();
  assertEquals([code, new TextDecoder().decode(stderr)], [
    130,
    "footfall: Interrupted: shop is removed, but not all of its rows are deleted. Run it again to go on\n",
  ]);
  const child = await begun();
  // Meanwhile the ETL of other sites goes on.
  await app.collect(pageview({ siteId: "blog" }));
  await app.rows("select process_events(1000)");
  assertEquals(await app.rows("select site_id from user_sessions where site_id = 'blog'"), [{
    site_id: "blog",
  }]);
  child.kill("SIGKILL");
  await child.output();
  release.resolve();
  await rollingUp;

  assertEquals((await footfall(cwd, remove, { DATABASE_URL: app.db.url })).code, 0);
  assertEquals(await countSiteRows(app.db, "shop"), []);
  assertEquals(await app.rows("select site_id from user_sessions"), [{ site_id: "blog" }]);
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("site remove says what stays, and how that goes", async () => {
  await using app = await testApp();
  const cwd = await Deno.makeTempDir();
  const remove = (...args: string[]) =>
    footfall(cwd, ["site", "remove", ...args], { DATABASE_URL: app.db.url });
  await saveSite(app.db, { siteId: "shop" });
  await createApiKey(app.db, { siteId: "shop", name: "report", scope: "read" });
  await app.collect(pageview({ siteId: "shop" }));

  assertEquals(
    await remove("shop", "--dry-run"),
    answered(
      "would remove: shop",
      "would be revoked: 1 API key",
      "Its events, figures and goals stay; this deletes them: deno task site remove shop --data",
    ),
  );
  assertEquals(
    await remove("shopp"),
    failed("footfall", "Cannot remove shopp: there is no such site (did you mean shop?)"),
  );
  assertEquals(
    await remove("shop"),
    answered(
      "removed: shop",
      "revoked: 1 API key",
      "Its events, figures and goals stay; this deletes them: deno task site remove shop --data",
    ),
  );
  assertEquals(
    await remove("shop"),
    failed(
      "footfall",
      "Cannot remove shop: it is not registered; this deletes what is stored of it: deno task site remove shop --data",
    ),
  );
  assertEquals(
    await remove("shop", "--data", "--yes"),
    answered(
      "removed: shop",
      "deleted:",
      "table       rows",
      "----------  ----",
      "api_keys       1",
      "events_log     1",
      "Collectors may accept its events for 30 seconds more, and for good with OPEN_REGISTRATION; this deletes them: " +
        "deno task site remove shop --data",
    ),
  );
  await Deno.remove(cwd, { recursive: true });
});
