import { assertEquals } from "@std/assert";
import { monthsBetween } from "../commands/rollup.ts";
import { at, batch, pageview, testApp } from "./fixtures.ts";
import { footfall } from "./footfall_process.ts";
import { runCommand, serveProcess } from "./served_process.ts";
import { engines, servers, testDatabase } from "./test_database.ts";

const refused = (message: string) => ({ code: 2, stdout: "", stderr: `footfall: ${message}\n` });
const failed = (message: string) => ({ code: 1, stdout: "", stderr: `footfall: ${message}\n` });

Deno.test("what is called wrongly is refused in one line, with the closest match, before anything is done", async () => {
  const cwd = await Deno.makeTempDir();
  const see = (name: string) => `; see: deno task footfall help${name}`;
  const cases: [string[], string][] = [
    [["eras", "--visitor", "x"], `"eras" is no command (did you mean erase?)${see("")}`],
    [["__proto__"], `"__proto__" is no command${see("")}`],
    [["help", "nothing"], `"nothing" is no command${see("")}`],
    [["erase"], `--visitor is missing${see(" erase")}`],
    [["erase", "--visitor"], `--visitor needs a value${see(" erase")}`],
    [["erase", "--visiter", "x"], `--visiter is not known (did you mean --visitor?)${see(" erase")}`],
    [["erase", "--visitor", "x", "y"], `"y" is too much${see(" erase")}`],
    [["erase", "--visitor", "x", "--yes=no"], `--yes takes no value, but got "no"${see(" erase")}`],
    [
      ["erase", "--visitor", "x".repeat(101)],
      `--visitor has 101 characters, but an id has at most 100${see(" erase")}`,
    ],
    [["status", "-x"], `-x is not known${see(" status")}`],
    [["site"], `say add, set, list or remove${see(" site")}`],
    [["site", "ad"], `say add, set, list or remove, not "ad" (did you mean add?)${see(" site")}`],
    [["key", "revok", "1"], `say add, list or revoke, not "revok" (did you mean revoke?)${see(" key")}`],
    [["sql"], `say what to ask, such as "select * from user_sessions"${see(" sql")}`],
    [["site", "list", "a"], `"a" is too much${see(" site")}`],
    [
      ["site", "add", "my shop"],
      `"my shop" is no site id: give 1 to 100 characters without blanks${see(" site")}`,
    ],
    [
      ["rollup", "--from", "2026-02-30", "--to", "2026-03-01"],
      `--from is "2026-02-30", but must be a day as 2026-03-31${see(" rollup")}`,
    ],
    [
      ["rollup", "--from", "2026-03-02", "--to", "2026-03-01"],
      `--to 2026-03-01 lies before --from 2026-03-02${see(" rollup")}`,
    ],
    [
      ["rollup", "--from", "1900-01-01", "--to", "2100-01-01"],
      `1900-01-01 to 2100-01-01 is 73050 days, but may be at most 3660${see(" rollup")}`,
    ],
    [
      ["retention", "--days", "0"],
      `--days is "0", but must be a whole number from 1 to 36500${see(" retention")}`,
    ],
    [
      ["export", "--site", "a", "--from", "2026-01-01", "--to", "2026-01-01", "--table", "event"],
      `--table is "event", but must be one of events, pageviews, sessions, forms (did you mean events?)${
        see(" export")
      }`,
    ],
    [["export", "--visitor", "x", "--format", "csv"], `--format does not go with --visitor${see(" export")}`],
    [["backup"], `the file is missing${see(" backup")}`],
  ];
  const outcomes = await Promise.all(cases.map(([args]) => footfall(cwd, args, {})));
  assertEquals(
    outcomes.map((outcome, i) => [cases[i]![0], outcome]),
    cases.map(([args, message]) => [args, refused(message)]),
  );
  assertEquals(await Array.fromAsync(Deno.readDir(cwd)), []);
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("each command has its help, by --help and by help, which needs no database", async () => {
  const cwd = await Deno.makeTempDir();
  const list = await footfall(cwd, ["help"], {});
  const names = [...list.stdout.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)].map(([, name]) => name!);
  assertEquals([list.code, list.stderr, names], [0, "", [
    ...[
      "status",
      "doctor",
      "site",
      "key",
      "sql",
      "etl",
      "rollup",
      "export",
      "erase",
      "retry-failed",
      "retention",
      "backup",
      "restore",
    ],
  ]]);
  for (const name of names) {
    const [long, short] = await Promise.all([
      footfall(cwd, [name, "--help"], {}),
      footfall(cwd, ["help", name], {}),
    ]);
    assertEquals([name, long], [name, short]);
    assertEquals([name, long.code, /^Usage:\s+deno task footfall /.test(long.stdout), long.stderr], [
      name,
      0,
      true,
      "",
    ]);
  }
  const none = await footfall(cwd, [], {});
  assertEquals([none.code, none.stdout, none.stderr], [2, "", list.stdout]);
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("what cannot be done is told in one line, without the password", async () => {
  const cwd = await Deno.makeTempDir();
  const away = { DATABASE_URL: "postgres://app:hunter2@127.0.0.1:1/footfall" };
  const outcomes = await Promise.all([["status"], ["etl"], ["erase", "--visitor", "x", "--yes"]]
    .map((args) => footfall(cwd, args, away)));
  assertEquals(
    outcomes,
    outcomes.map(() =>
      failed(
        "Cannot connect to the database: connect ECONNREFUSED 127.0.0.1:1 (is the server up, and are host and port of DATABASE_URL right?)",
      )
    ),
  );
  assertEquals(
    await footfall(cwd, ["status"], {}),
    failed(
      "Cannot find a database: DATABASE_URL and PGHOST are not set, and .data/pg is not here (deno task dev makes it)",
    ),
  );
  assertEquals(
    await footfall(cwd, ["backup", "x"], away),
    failed(
      "Cannot back up: the database is not an embedded one; for Postgres there are pg_dump and pg_restore; docs/operations.md says how",
    ),
  );
  await Deno.remove(cwd, { recursive: true });
});

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
    failed("Cannot add shop: timezone Mars/Base is unknown; give a name such as Europe/Berlin"),
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
    failed("Cannot set blog: there is no such site; add it with: deno task site add blog"),
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
      `Cannot restore: the dev server at ${server.url} has the database open. Stop it, run this again, and start it again`,
    ),
  );
  const [, , erased] = await answer("erase", "--visitor", "vis_gone", "--yes", "--json");
  assertEquals(erased.erased, [
    { table: "events_log", rows: 1 },
    { table: "pageviews", rows: 1 },
    { table: "user_sessions", rows: 1 },
  ]);
  assertEquals(await answer("retention", "--dry-run", "--json"), [0, "", {
    retention_days: 90,
    would_remove: [],
  }]);
  assertEquals(await answer("retention", "--yes", "--json"), [0, "", { retention_days: 90, removed: 0 }]);
  assertEquals(await answer("retry-failed", "--json"), [0, "", { retried: 0, kept: 0 }]);

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
    failed("Cannot restore: the file is no backup of an embedded database"),
  );
  assertEquals((await run("status")).code, 0);
});

Deno.test("rollup takes a range apart into months, and recomputes each day of it", async () => {
  assertEquals(monthsBetween("2025-12-30", "2026-03-01"), [
    { from: "2025-12-30", to: "2025-12-31" },
    { from: "2026-01-01", to: "2026-01-31" },
    { from: "2026-02-01", to: "2026-02-28" },
    { from: "2026-03-01", to: "2026-03-01" },
  ]);
  assertEquals(monthsBetween("2028-02-29", "2028-02-29"), [{ from: "2028-02-29", to: "2028-02-29" }]);

  await using db = await testDatabase(servers()[0]!);
  const cwd = await Deno.makeTempDir();
  await db.exec(`insert into pageviews (session_id, visitor_id, site_id, url, path, view_timestamp)
    select 's', 'v', 'a', 'u', '/', timestamptz '2026-01-31 12:00Z' + i * interval '1 day' from generate_series(0, 1) i`);
  const outcome = await footfall(cwd, ["rollup", "--from", "2026-01-01", "--to", "2026-02-28", "--json"], {
    DATABASE_URL: db.url,
  });
  assertEquals([outcome.code, outcome.stderr, JSON.parse(outcome.stdout)], [0, "", {
    from: "2026-01-01",
    to: "2026-02-28",
    months: 2,
    metrics: 2,
  }]);
  assertEquals(await db.query("select metric_date from daily_site_metrics order by 1"), [
    { metric_date: "2026-01-31" },
    { metric_date: "2026-02-01" },
  ]);
  await Deno.remove(cwd, { recursive: true });
});

for (const engine of engines()) {
  Deno.test(`events that were set aside are processed once what was wrong is mended, and set aside again where it is not (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    await using never = await testApp({ engine });
    const events = [
      pageview({ eventId: "01900000-0000-7000-8000-000000000001" }),
      batch([
        { eventType: "click", timestamp: at(5), eventData: {} },
        { eventType: "scroll", timestamp: at(6), eventData: {} },
        { noType: true },
      ], { eventId: "01900000-0000-7000-8000-000000000002" }),
    ];
    for (const event of events) {
      await app.collect(event);
      await never.collect(event);
    }
    // A version with a mistake: it takes neither pageviews nor scrolling.
    const [mended] = await app.db.query<{ definition: string }>(
      "select pg_get_functiondef('set_aside_failed_events'::regproc) as definition",
    );
    await app.db.exec(`
      create or replace function set_aside_failed_events(batch timestamptz) returns void language plpgsql as $$
      begin
        update batch_events set reason = coalesce(reason, 'a mistake') where event_type in ('pageview', 'scroll') or reason is not null;
        insert into failed_events (id, site_id, event_id, event_type, reason, event, failed_at)
        select id, site_id, event_id, event_type, reason, coalesce(event, '{}'), batch from batch_events where reason is not null;
        delete from batch_events where reason is not null;
        drop table batch_sessions;
        perform read_sessions();
      end $$`);
    await app.etl();
    const [setAside] = await app.rows("select count(*) as events from failed_events");
    await app.db.exec(mended!.definition);

    const [retried] = await app.rows("select retried, kept from retry_failed_events()");
    await app.etl();
    await never.etl();

    const facts = (of: typeof app) =>
      of.rows(`select 'view' as kind, path, view_timestamp as at, null as page from pageviews
        union all select event_type, null, event_timestamp, page_path from user_events
        union all select reason, null, null, null from failed_events
        union all select 'session', entry_path, session_start, pageview_count || ' ' || event_count from user_sessions
        union all select 'day', total_events::text, null, total_pageviews::text from daily_site_metrics order by 1, 2, 3`);
    assertEquals([setAside, retried], [{ events: 3 }, { retried: 3, kept: 0 }]);
    assertEquals(await facts(app), await facts(never));
    // Its raw event is gone: there is nothing to process.
    await app.db.exec("delete from events_log");
    assertEquals(await app.rows("select retried, kept from retry_failed_events()"), [{
      retried: 0,
      kept: 1,
    }]);
  });
}
