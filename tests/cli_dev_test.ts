import { assertEquals } from "@std/assert";
import { failed } from "./command_run.ts";
import { pageview } from "./fixtures.ts";
import { footfall } from "./footfall_process.ts";
import { runCommand, serveProcess } from "./served_process.ts";

Deno.test("while deno task dev runs, every command works on its database, or says that it must be stopped", async () => {
  await using server = await serveProcess("dev", { DATABASE_URL: "" });
  const run = (...args: string[]) => footfall(server.cwd, args, {});
  const answer = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args);
    return [code, stderr, code === 0 ? JSON.parse(stdout) : stdout];
  };
  const visit = pageview({ siteId: "shop", visitorId: "vis_gone", timestamp: new Date().toISOString() });
  const send = () => fetch(new URL("/collect", server.url), { method: "POST", body: JSON.stringify(visit) });
  await (await send()).body?.cancel();

  assertEquals(await answer("site", "add", "shop", "--timezone", "Europe/Berlin", "--json"), [0, "", {
    done: "added",
    site: "shop",
  }]);
  assertEquals(
    await run("site", "add", "shop", "--timezone", "Mars/Base"),
    failed("footfall", "Cannot add shop: timezone Mars/Base is unknown; give a name such as Europe/Berlin"),
  );
  assertEquals(
    await answer(
      ..."site set shop --retention-days 30 --redact customerNo --exclude-ip 203.0.113.9/24 --json".split(
        " ",
      ),
    ),
    [0, "", { done: "changed", site: "shop" }],
  );
  assertEquals(
    await run("site", "set", "blog", "--retention-days", "30"),
    failed("footfall", "Cannot set blog: there is no such site; add it with: deno task site add blog"),
  );
  assertEquals(await answer("site", "list", "--json"), [0, "", [
    {
      siteId: "shop",
      domains: [],
      timezone: "Europe/Berlin",
      ipMode: null,
      retentionDays: 30,
      redactNames: ["customerNo"],
      excludePaths: [],
      excludeNetworks: ["203.0.113.0/24"],
      countBots: false,
      trailingSlash: "keep",
      indexHtml: "keep",
      pageParameters: [],
    },
  ]]);
  assertEquals((await run("etl")).code, 0);
  const [, , status] = await answer("status", "--json");
  assertEquals([
    status.database.endsWith("(embedded)"),
    status.sites.map(({ site, active }: Record<string, unknown>) => [site, active]),
  ], [
    true,
    [["shop", 1]],
  ]);
  assertEquals((await run("doctor")).code, 0);
  assertEquals(await runCommand("key", ["list"], server.cwd), "(no rows)");
  const [, , made] = await answer("key", "add", "--site", "shop", "--name", "report", "--json");
  assertEquals([made.id, made.siteId, made.scope, /^ff_[\w-]{43}$/.test(made.key)], [
    1,
    "shop",
    "read",
    true,
  ]);
  const overview = await fetch(new URL("/api/v1/sites/shop/overview", server.url), {
    headers: { authorization: `Bearer ${made.key}` },
  });
  assertEquals([overview.status, (await overview.json()).current.visitors], [200, 1]);
  assertEquals(await answer("key", "revoke", "1", "--json"), [0, "", { revoked: 1 }]);
  assertEquals(await answer("sql", "select site_id as a, 1 as a from sites", "--json"), [0, "", {
    columns: ["a", "a"],
    rows: [["shop", 1]],
  }]);
  const exported = await run(
    "export",
    "--site",
    "shop",
    "--from",
    "2026-01-01",
    "--to",
    "2099-01-01",
    "--table",
    "pageviews",
  );
  assertEquals([exported.code, exported.stdout.trimEnd().split("\r\n").length, exported.stderr], [0, 2, ""]);
  assertEquals((await run("backup", "backup.tar.gz")).stdout, "backed up: backup.tar.gz\n");
  assertEquals(
    await run("restore", "backup.tar.gz", "--yes"),
    failed(
      "footfall",
      `Cannot restore: the dev server at ${server.url} has the database open. Stop it, run this again, and start it again`,
    ),
  );
  const [, , erased] = await answer("erase", "--visitor", "vis_gone", "--yes", "--json");
  assertEquals(erased.erased, [
    { table: "events_log", rows: 1 },
    { table: "pageviews", rows: 1 },
    { table: "session_rows", rows: 1 },
    { table: "user_sessions", rows: 1 },
  ]);
  assertEquals(await answer("retention", "--dry-run", "--json"), [0, "", {
    retention_days: 90,
    would_remove: [],
  }]);
  assertEquals(await answer("retention", "--yes", "--json"), [0, "", { retention_days: 90, removed: 0 }]);
  assertEquals(await answer("retry-failed", "--json"), [0, "", { retried: 0, kept: 0 }]);
  await (await send()).body?.cancel();
  const [, , removed] = await answer("site", "remove", "shop", "--data", "--yes", "--json");
  assertEquals([removed.done, removed.keys, removed.links], ["removed", 0, 0]);
  assertEquals(
    await answer("sql", "select site_id from api_keys union select site_id from events_log", "--json"),
    [0, "", {
      columns: ["site_id"],
      rows: [],
    }],
  );
  assertEquals(await answer("site", "list", "--json"), [0, "", []]);

  await server.stop();
  const restored = await run("restore", "backup.tar.gz", "--yes");
  assertEquals([
    restored.code,
    /^restored: backup\.tar\.gz; what was there is in \S+pg-before-\S+$/.test(restored.stdout.trim()),
  ], [0, true]);
  const back = JSON.parse((await run("export", "--visitor", "vis_gone")).stdout);
  assertEquals(Object.keys(back.tables), ["events_log", "pageviews", "user_sessions"]);
  await Deno.writeTextFile(`${server.cwd}/no-backup`, "nothing");
  assertEquals(
    await run("restore", "no-backup", "--yes"),
    failed("footfall", "Cannot restore: the file is no backup of an embedded database"),
  );
  assertEquals((await run("status")).code, 0);
});
