import { assertEquals } from "@std/assert";
import { migrate } from "../db/migrate.ts";
import { readMigrations, readProcedures } from "../db/migration_files.ts";
import { serveProcess } from "./served_process.ts";
import { emptyDatabase, servers, type TestDatabase, testDatabase } from "./test_database.ts";

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs programs of the project with `DATABASE_URL`, in a directory of their own. */
type Run = (program: string, args: string[], env?: Record<string, string>) => Promise<Outcome>;

// What Deno itself needs; nothing else of this process's environment may matter.
const KEPT = ["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME"];

/** What a person sees who calls the program from `cwd`. */
async function runIn(
  cwd: string,
  program: string,
  args: string[],
  env: Record<string, string>,
): Promise<Outcome> {
  const kept = KEPT.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  const path = new URL(`../${program}`, import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", path, ...args],
    cwd,
    clearEnv: true,
    env: { ...Object.fromEntries(kept), NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

function test(
  title: string,
  make: (server: ReturnType<typeof servers>[number]) => Promise<TestDatabase>,
  run: (command: Run, db: TestDatabase, cwd: string) => Promise<void>,
): void {
  Deno.test(title, async () => {
    await using db = await make(servers()[0]!);
    const cwd = await Deno.makeTempDir();
    try {
      await run(
        (program, args, env = {}) => runIn(cwd, program, args, { DATABASE_URL: db.url, ...env }),
        db,
        cwd,
      );
      // A command on a server leaves nothing where it was called.
      assertEquals((await Array.fromAsync(Deno.readDir(cwd))).map(({ name }) => name), []);
    } finally {
      await Deno.remove(cwd, { recursive: true });
    }
  });
}

const answered = (...lines: string[]): Outcome => ({ code: 0, stdout: lines.join("\n") + "\n", stderr: "" });

const MIGRATIONS = (await readMigrations()).map(({ name }) => name);
const PROCEDURES = (await readProcedures()).map(({ name }) => name);
const LAST = MIGRATIONS.at(-1)!;
const refused = (task: string, problem: string): Outcome => ({
  code: 2,
  stdout: "",
  stderr: `${task}: ${problem}; see: deno task ${task} --help\n`,
});
const failed = (task: string, problem: string): Outcome => ({
  code: 1,
  stdout: "",
  stderr: `${task}: ${problem}\n`,
});
const notStarted = (...lines: string[]): Outcome => ({
  code: 1,
  stdout: "",
  stderr: lines.join("\n") + "\n",
});
const PENDING = "Migrations are pending. Apply them with: deno task db:migrate";

test("db:migrate applies, lists and undoes migrations, and says what it did", emptyDatabase, async (run) => {
  const migrateTask = (...args: string[]) => run("commands/migrate.ts", args);
  const widest = Math.max(...MIGRATIONS.map((name) => name.length));
  const row = (name: string, rest: string) => `${name.padEnd(widest)}  ${rest}`;
  const status = async () => {
    const { code, stdout, stderr } = await migrateTask("--status");
    return { code, stdout: stdout.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "TIME"), stderr };
  };

  assertEquals(
    await status(),
    answered(
      row("migration", "state    applied"),
      `${"-".repeat(widest)}  -------  -------`,
      ...MIGRATIONS.map((name) => row(name, "pending")),
    ),
  );
  assertEquals(
    await migrateTask(),
    answered(`applied: ${MIGRATIONS.join(", ")}`, `procedures: ${PROCEDURES.join(", ")}`),
  );
  assertEquals(await migrateTask(), answered("no migration was pending", "no procedure has changed"));
  assertEquals(await migrateTask("--down", "2"), answered(`undone: ${LAST}, ${MIGRATIONS.at(-2)}`));
  assertEquals(
    await status(),
    answered(
      row("migration", "state    applied"),
      `${"-".repeat(widest)}  -------  ${"-".repeat(24)}`,
      ...MIGRATIONS.map((name, i) => row(name, i < MIGRATIONS.length - 2 ? "applied  TIME" : "pending")),
    ),
  );
  assertEquals(
    await migrateTask("--down=99"),
    answered(`undone: ${MIGRATIONS.slice(0, -2).toReversed().join(", ")}`),
  );
  assertEquals(await migrateTask("--down", "1"), answered("nothing to undo"));
});

test("db:migrate refuses what it does not know, and does nothing then", testDatabase, async (run, db) => {
  const whole = (given: string) => `--down is "${given}", but must be a whole number from 1 to 10000`;
  const cases: [string[], string][] = [
    [["--statsu"], "--statsu is not known (did you mean --status?)"],
    [["down", "1"], '"down" is too much (did you mean --down?)'],
    [["--down"], "--down needs a value"],
    [["--down", "0"], whole("0")],
    [["--down", "all"], whole("all")],
    [["--down=-1"], whole("-1")],
    [["--down", "-1"], whole("-1")],
    [["--down", "1", "--status"], "--status and --down do not go together"],
  ];
  for (const [args, problem] of cases) {
    assertEquals(await run("commands/migrate.ts", args), refused("db:migrate", problem));
  }
  const { code, stdout } = await run("commands/migrate.ts", ["--help"]);
  assertEquals([code, stdout.split("\n")[1]], [
    0,
    "  deno task db:migrate             applies pending migrations and changed procedures",
  ]);
  assertEquals(await db.query("select count(*) from schema_migrations"), [{ count: MIGRATIONS.length }]);
});

test("db:migrate names the applied file that was changed", testDatabase, async (run, db) => {
  await db.query("update schema_migrations set checksum = 'other' where version = 1");

  assertEquals(
    await run("commands/migrate.ts", []),
    failed(
      "db:migrate",
      `Cannot migrate: ${MIGRATIONS[0]}.sql was changed after it was applied. ` +
        "Restore the file, and put the change into a new migration",
    ),
  );
});

test("site adds, sets, lists and removes sites", testDatabase, async (run, db) => {
  const site = (...args: string[]) => run("commands/site.ts", args);
  const rows = () =>
    db.query(
      `select site_id, domains, timezone, ip_mode, retention_days, redact_names, exclude_paths, exclude_networks
       from sites order by site_id`,
    );
  const blog = {
    site_id: "blog",
    domains: [] as string[],
    timezone: "UTC",
    ip_mode: null,
    retention_days: null,
    redact_names: [],
    exclude_paths: [],
    exclude_networks: [],
  };

  assertEquals(await site("list"), answered("(no rows)"));
  assertEquals(await site("list", "--json"), answered("[]"));
  assertEquals(await site("add", "blog"), answered("added: blog"));
  assertEquals(
    await site(
      ..."add shop --domain https://Shop.example:8443/cart?x=1 --domain=www.shop.example --domain localhost"
        .split(" "),
      ..."--timezone Europe/Berlin --ip-mode none --retention-days 30 --redact customerNo".split(" "),
      ...["--redact", "card holder", "--exclude-path", "/admin*", "--exclude-path=*/edit"],
      ..."--exclude-ip 203.0.113.7 --exclude-ip 2001:db8:1:2::3/48".split(" "),
    ),
    answered("added: shop"),
  );
  assertEquals(
    await site("list"),
    answered(
      "site  domains                                    timezone       ip_mode        retention_days  redact                   exclude_path     exclude_ip",
      "----  -----------------------------------------  -------------  -------------  --------------  -----------------------  ---------------  ----------------------------",
      "blog  any                                        UTC            as the server  as the server",
      "shop  shop.example, www.shop.example, localhost  Europe/Berlin  none           30              customerNo, card holder  /admin*, */edit  203.0.113.7, 2001:db8:1::/48",
    ),
  );
  const shop = {
    site_id: "shop",
    domains: ["shop.example", "www.shop.example", "localhost"],
    timezone: "Europe/Berlin",
    ip_mode: "none",
    retention_days: 30,
    redact_names: ["customerNo", "card holder"],
    exclude_paths: ["/admin*", "*/edit"],
    exclude_networks: ["203.0.113.7/32", "2001:db8:1::/48"],
  };
  assertEquals(await rows(), [blog, shop]);
  // What is not given stays as it is.
  assertEquals(await site("add", "shop", "--timezone", "UTC"), answered("changed: shop"));
  assertEquals(await site("set", "blog", "--domain", "blog.example"), answered("changed: blog"));
  assertEquals(
    await site("set", "shop", "--retention-days", "default", "--redact", "none", "--json"),
    answered("{", '  "done": "changed",', '  "site": "shop"', "}"),
  );
  const changed = { ...shop, timezone: "UTC", retention_days: null, redact_names: [] };
  assertEquals(await rows(), [{ ...blog, domains: ["blog.example"] }, changed]);
  await site(
    ..."set shop --domain any --ip-mode default --exclude-path none --exclude-ip none".split(" "),
  );
  assertEquals((await rows())[1], { ...blog, site_id: "shop" });
  assertEquals(await site("remove", "shop"), answered("removed: shop"));
  assertEquals(await site("remove", "shop"), failed("site", "Cannot remove shop: there is no such site"));
  assertEquals(
    await site("set", "shop", "--timezone", "UTC"),
    failed("site", "Cannot set shop: there is no such site; add it with: deno task site add shop"),
  );
  assertEquals(await db.query("select site_id from sites"), [{ site_id: "blog" }]);
});

test("site takes ids that look like numbers or flags' values as they are", testDatabase, async (run, db) => {
  for (const id of ["007", "1e3", "true", "__proto__"]) {
    assertEquals(await run("commands/site.ts", ["add", id]), answered(`added: ${id}`));
  }
  assertEquals(
    (await db.query("select site_id from sites order by created_at")).map(({ site_id }) => site_id),
    ["007", "1e3", "true", "__proto__"],
  );
});

test("site refuses what makes no sense, in words, and does nothing then", testDatabase, async (run, db) => {
  const long = "x".repeat(101);
  const wrong: [string[], string][] = [
    [[], "say add, set, list or remove"],
    [["delete", "shop"], 'say add, set, list or remove, not "delete"'],
    [["lsit"], 'say add, set, list or remove, not "lsit"'],
    [["lis"], 'say add, set, list or remove, not "lis" (did you mean list?)'],
    [["toString"], 'say add, set, list or remove, not "toString"'],
    [["constructor", "shop"], 'say add, set, list or remove, not "constructor"'],
    [["add"], "the site's id is missing"],
    [["add", ""], "the site's id is missing"],
    [["remove"], "the site's id is missing"],
    [["set", "shop"], "say what to set"],
    [["list", "shop"], '"shop" is too much'],
    [["list", "--timezone", "UTC"], "list sets nothing"],
    [["remove", "shop", "--redact", "none"], "remove sets nothing"],
    [["add", "my shop"], '"my shop" is no site id: give 1 to 100 characters without blanks'],
    [["add", long], `"${long}" is no site id: give 1 to 100 characters without blanks`],
    [["add", "a", "b"], '"b" is too much'],
    [["add", "shop", "--domian", "x"], "--domian is not known (did you mean --domain?)"],
    [["add", "shop", "--domain"], "--domain needs a value"],
    [
      ["add", "shop", "--redact", "-x"],
      '--redact needs a value, but "-x" looks like an option: a value with a dash before it is given as --redact=-x',
    ],
    [["remove", "-5"], '"-5" looks like an option: a word with a dash before it is given after --, as -- -5'],
  ];
  for (const [args, problem] of wrong) {
    assertEquals({ args, ...await run("commands/site.ts", args) }, { args, ...refused("site", problem) });
  }
  const impossible: [string[], string][] = [
    [
      ["--domain", "not a host"],
      'Cannot set --domain to "not a host": give a host name such as example.com',
    ],
    [
      ["--domain", "*.shop.example"],
      'Cannot set --domain to "*.shop.example": give a host name such as example.com',
    ],
    [
      ["--retention-days", "0"],
      'Cannot set --retention-days to "0": give a whole number of days from 1 to 36500, or default',
    ],
    [
      ["--retention-days", "-1"],
      'Cannot set --retention-days to "-1": give a whole number of days from 1 to 36500, or default',
    ],
    [
      ["--redact", "x".repeat(3_000)],
      `Cannot set --redact to "${
        "x".repeat(60)
      }… (3000 characters)": give the name of a field, such as customerNo: ` +
      "at most 100 letters, digits, blanks, and - _ . between them",
    ],
    [["--ip-mode", "half"], 'Cannot set --ip-mode to "half": give full, truncate, none or default'],
    [
      ["--exclude-ip", "none", "--exclude-ip", "10.0.0.1"],
      'Cannot set --exclude-ip to "none": give an address or a network, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/48',
    ],
    [
      ["--exclude-path", "/*"],
      'Cannot set --exclude-path to "/*": every page would be left out; give a path such as /admin/*',
    ],
    [
      ["--timezone", "Europe/Atlantis"],
      "Cannot add shop: timezone Europe/Atlantis is unknown; give a name such as Europe/Berlin",
    ],
    [
      ["--timezone", "Berlin3"],
      "Cannot add shop: timezone Berlin3 is unknown; give a name such as Europe/Berlin",
    ],
    [
      ["--timezone", "'; drop table sites; --"],
      "Cannot add shop: timezone '; drop table sites; -- is unknown; give a name such as Europe/Berlin",
    ],
  ];
  for (const [args, problem] of impossible) {
    assertEquals({ args, ...await run("commands/site.ts", ["add", "shop", ...args]) }, {
      args,
      ...failed("site", problem),
    });
  }
  assertEquals(await db.query("select site_id from sites"), []);
});

test("sql prints the rows of a query as a table", testDatabase, async (run, db) => {
  await db.query("insert into sites (site_id, created_at) values ('shop', 'epoch')");

  assertEquals(
    await run("commands/sql.ts", [
      "select site_id, 12 as count, null as nothing, true as yes, created_at, '{\"a\":[1]}'::jsonb as json from sites",
    ]),
    answered(
      "site_id  count  nothing  yes   created_at                json",
      "-------  -----  -------  ----  ------------------------  ----------",
      'shop        12           true  1970-01-01T00:00:00.000Z  {"a": [1]}',
    ),
  );
  assertEquals(await run("commands/sql.ts", ["select", "1", "as", "one"]), answered("one", "---", "  1"));
  assertEquals(
    await run("commands/sql.ts", ["select 1 as one where false"]),
    answered("one", "---", "(0 rows)"),
  );
  assertEquals(await run("commands/sql.ts", ["create table fresh (a int)"]), answered("done"));
});

test("sql says what is wrong with a query, without a stack trace", testDatabase, async (run) => {
  assertEquals(
    await run("commands/sql.ts", ["select nothing"]),
    failed("sql", 'column "nothing" does not exist'),
  );
  assertEquals(await run("commands/sql.ts", ["select 1/0"]), failed("sql", "division by zero"));
  assertEquals(
    await run("commands/sql.ts", []),
    refused("sql", 'say what to ask, such as "select * from user_sessions"'),
  );
  assertEquals(
    await run("commands/sql.ts", [" "]),
    refused("sql", 'say what to ask, such as "select * from user_sessions"'),
  );
});

test("etl runs every job once and prints a row for each", testDatabase, async (run, db) => {
  await db.exec(`
    insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, url, path, raw_event_data)
    select 'pageview', 's' || i, 'v', 'shop', now() - interval '2 hours', 'https://shop.example/', '/', '{"eventType":"pageview"}'
    from generate_series(1, 3) i`);

  const { code, stdout, stderr } = await run("commands/etl.ts", []);

  const rows = stdout.trimEnd().split("\n").map((line) => line.trim().split(/ +/).slice(0, 2).join(" "));
  assertEquals({ code, rows, stderr }, {
    code: 0,
    rows: [
      "job rows",
      "--------------- ----",
      "process-events 3",
      // Sessions that were idle for long have ended as they were processed.
      "update-sessions 0",
      "daily-metrics 1",
      "cleanup 0",
      "maintenance 18",
    ],
    stderr: "",
  });
  assertEquals(await db.query("select total_sessions, total_pageviews from daily_site_metrics"), [
    { total_sessions: 3, total_pageviews: 3 },
  ]);
});

test(
  "etl ends with 1 and the reason where a job fails, and still runs the others",
  testDatabase,
  async (run, db) => {
    await db.exec("alter table stale_days rename to elsewhere");

    const { code, stdout, stderr } = await run("commands/etl.ts", [], { LOG_LEVEL: "error" });

    const jobs = stdout.split("\n").map((line) => line.split(" ")[0]);
    const records = stderr.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line).job);
    assertEquals({ code, records, jobs }, {
      code: 1,
      records: ["daily-metrics"],
      jobs: [
        "job",
        "---------------",
        "process-events",
        "update-sessions",
        "daily-metrics",
        "cleanup",
        "maintenance",
        "",
      ],
    });
    assertEquals(await db.query("select error from job_runs where job = 'daily-metrics'"), [
      { error: 'relation "stale_days" does not exist' },
    ]);
  },
);

test(
  "demo-data fills a site once, sums it up, and names a query that runs",
  testDatabase,
  async (run, db) => {
    const fill = () => run("commands/demo_data.ts", ["--events", "500", "--days", "3", "--site", "shop"]);
    const [filled, again] = [await fill(), await fill()];

    const [header, , summary, , hint, task] = filled.stdout.split("\n");
    const query = /^deno task sql "(.*)"$/.exec(task!)![1]!;
    const counts = Object.fromEntries(
      header!.trim().split(/ +/).map((name, i) => [name, summary!.trim().split(/ +/)[i]]),
    );
    assertEquals({ code: filled.code, hint, stderr: filled.stderr, site: counts.site }, {
      code: 0,
      hint: "Ask, for example:",
      stderr: "",
      site: "shop",
    });
    assertEquals(Number(counts.pageviews) + Number(counts.events), 500);
    const [sessions] = await db.query("select count(*)::text as sessions from user_sessions");
    assertEquals(sessions, { sessions: counts.sessions });
    assertEquals(again.stdout.split("\n")[2], summary);
    assertEquals((await run("commands/sql.ts", [query])).code, 0);
  },
);

Deno.test("demo-data says so where the dev server has the embedded database open", async () => {
  await using server = await serveProcess("dev", { DATABASE_URL: "" });

  assertEquals(
    await runIn(server.cwd, "commands/demo_data.ts", [], {}),
    failed(
      "demo-data",
      `Cannot make visits: the dev server at ${server.url} has the database open. ` +
        "Stop it, run this again, and start it again",
    ),
  );
});

test(
  "demo-data covers the dashboard's 30 days and the 30 before, like a site's",
  testDatabase,
  async (run, db) => {
    await run("commands/demo_data.ts", ["--events=20000", "--raw", "--site=shop"]);

    const [spread] = await db.query(
      `with months as (
       select timestamp >= now() - interval '30 days' as is_last, count(*)::float as rows,
         count(distinct visitor_id)::float as visitors
       from events_log where timestamp >= now() - interval '60 days' group by 1
     )
     select (select min(timestamp) from events_log) < now() - interval '60 days' as before_both,
            l.rows / b.rows between 0.9 and 1.3                                  as alike,
            l.visitors / b.visitors between 0.9 and 1.3                          as as_many_return
     from months l join months b on l.is_last and not b.is_last`,
    );
    assertEquals(spread, { before_both: true, alike: true, as_many_return: true });
  },
);

test("demo-data --raw leaves the events to the ETL", testDatabase, async (run, db) => {
  const { code, stdout } = await run("commands/demo_data.ts", ["--events=200", "--raw", "--site=shop"]);

  const [waiting] = await db.query("select count(*) as rows from events_log_pending");
  assertEquals({ code, stdout }, {
    code: 0,
    stdout: `200 events of shop are stored; ${waiting!.rows} rows wait to be processed: deno task etl\n`,
  });
  assertEquals(await db.query("select from user_sessions"), []);
});

test(
  "demo-data refuses what makes no sense, in words, and does nothing then",
  testDatabase,
  async (run, db) => {
    const cases: [string[], string][] = [
      [["--event", "5"], "--event is not known (did you mean --events?)"],
      [["5000"], '"5000" is too much'],
      [["--events", "0"], '--events is "0", but must be a whole number from 1 to 100000000'],
      [["--days", "many"], '--days is "many", but must be a whole number from 1 to 3650'],
      [["--seed"], "--seed needs a value"],
      [["--site", "my shop"], '--site is "my shop", but must be 1 to 100 characters without blanks'],
    ];
    for (const [args, problem] of cases) {
      assertEquals({ args, ...await run("commands/demo_data.ts", args) }, {
        args,
        ...refused("demo-data", problem),
      });
    }
    const { code, stdout } = await run("commands/demo_data.ts", ["--help"]);
    assertEquals([code, stdout.split("\n")[0]], [0, "Usage: deno task demo-data [options]"]);
    assertEquals(await db.query("select from sites"), []);
  },
);

test("every command that needs the tables names the one that makes them", emptyDatabase, async (run, db) => {
  for (
    const [program, ...args] of [["commands/site.ts", "list"], ["commands/etl.ts"], [
      "commands/demo_data.ts",
    ]] as const
  ) {
    const task = program.replace(/^commands\/|\.ts$/g, "").replace("_", "-");
    assertEquals(await run(program, args), failed(task, PENDING));
  }
  assertEquals(
    await db.query("select relname from pg_class where relnamespace = 'public'::regnamespace"),
    [],
  );
});

test(
  "a command that cannot reach its database says so, and keeps the password to itself",
  testDatabase,
  async (run) => {
    for (
      const [program, ...args] of [["commands/migrate.ts", "--status"], [
        "commands/sql.ts",
        "select 1",
      ]] as const
    ) {
      // Nothing listens on port 1.
      const { code, stdout, stderr } = await run(program, args, {
        DATABASE_URL: "postgres://app:hunter2@127.0.0.1:1/footfall",
      });

      assertEquals({ code, stdout, lines: stderr.split("\n").length, leaks: stderr.includes("hunter2") }, {
        code: 1,
        stdout: "",
        lines: 2,
        leaks: false,
      });
    }
  },
);

test("a command names every setting that is wrong", testDatabase, async (run) => {
  assertEquals(
    await run("commands/migrate.ts", ["--status"], {
      RETENTION_DAYS: "soon",
      DATABASE_URL: "mysql://a:hunter2@b/c",
    }),
    failed(
      "db:migrate",
      [
        "Cannot read the settings:",
        "  DATABASE_URL is not valid, but may be postgres://USER:PASSWORD@HOST:PORT/DATABASE, pglite:DIR or pglite:memory",
        '  RETENTION_DAYS is "soon", but may be a whole number of days from 1 to 36500',
      ].join("\n"),
    ),
  );
});

test("start names all the settings that production lacks at once", testDatabase, async (run) => {
  assertEquals(
    await run("main.ts", [], { DATABASE_URL: "" }),
    notStarted(
      "Cannot read the settings:",
      "  DATABASE_URL is not set, but production needs a Postgres: postgres://USER:PASSWORD@HOST:PORT/DATABASE",
      "  ADMIN_TOKEN is not set, but must be 8 or more characters without blanks",
    ),
  );
});

test(
  "start refuses pending migrations, naming them and the command that applies them",
  emptyDatabase,
  async (run, db) => {
    const start = () => run("main.ts", [], { ADMIN_TOKEN: "0123456789abcdef", PORT: "0" });

    assertEquals(
      await start(),
      notStarted(
        `Cannot start: ${MIGRATIONS.length} migrations are pending (${MIGRATIONS.join(", ")}).`,
        "Apply them with: deno task db:migrate",
      ),
    );

    await migrate(db);
    await db.query("delete from schema_migrations where name = $1", [LAST]);
    assertEquals(
      await start(),
      notStarted(
        `Cannot start: 1 migration is pending (${LAST}).`,
        "Apply them with: deno task db:migrate",
      ),
    );
  },
);
