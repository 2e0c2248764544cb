import { assertEquals } from "@std/assert";
import { monthsBetween } from "../commands/rollup.ts";
import { failed } from "./command_run.ts";
import { footfall } from "./footfall_process.ts";
import { servers, testDatabase } from "./test_database.ts";

const refused = (message: string) => ({ code: 2, stdout: "", stderr: `footfall: ${message}\n` });

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
      ["rollup", "--from", "0000-01-01", "--to", "2026-03-01"],
      `--from is "0000-01-01", but must be a day as 2026-03-31${see(" rollup")}`,
    ],
    [
      ["rollup", "--from", "2026-03-02", "--to", "2026-03-01"],
      `--to 2026-03-01 lies before --from 2026-03-02${see(" rollup")}`,
    ],
    [
      ["rebuild", "--to", "2026-03-01", "--from", "2026-03-02"],
      `--to 2026-03-01 lies before --from 2026-03-02${see(" rebuild")}`,
    ],
    [
      ["rebuild", "--since", "2026-03-02"],
      `--since is not known${see(" rebuild")}`,
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
      "rebuild",
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
        "footfall",
        "Cannot connect to the database: connect ECONNREFUSED 127.0.0.1:1 (is the server up, and are host and port of DATABASE_URL right?)",
      )
    ),
  );
  assertEquals(
    await footfall(cwd, ["status"], {}),
    failed(
      "footfall",
      "Cannot find a database: DATABASE_URL and PGHOST are not set, and .data/pg is not here (deno task dev makes it)",
    ),
  );
  assertEquals(
    await footfall(cwd, ["backup", "x"], away),
    failed(
      "footfall",
      "Cannot back up: the database is not an embedded one; for Postgres there are pg_dump and pg_restore; docs/operations.md says how",
    ),
  );
  await Deno.remove(cwd, { recursive: true });
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
  await db.exec(`
    insert into user_sessions (session_id, visitor_id, site_id, session_start)
    select 's' || i, 'v', 'a', timestamptz '2026-01-31 12:00Z' + i * interval '1 day' from generate_series(0, 1) i`);
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
