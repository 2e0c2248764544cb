import { assertEquals } from "@std/assert";
import { commandTest, refused, runIn } from "./command_run.ts";
import { ADMIN_TOKEN } from "./fixtures.ts";
import { serveDev } from "./served_process.ts";
import { testDatabase } from "./test_database.ts";

commandTest(
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

Deno.test("demo-data fills the database of a dev server that runs", async () => {
  await using server = await serveDev({ ADMIN_TOKEN });

  const { code, stdout, stderr } = await runIn(
    server.cwd,
    "commands/demo_data.ts",
    ["--events=300", "--site=shop", "--json"],
    {},
  );

  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  const overview = await fetch(new URL("/api/v1/sites/shop/overview?period=90d", server.url), {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  const { current } = await overview.json();
  const { sessions, pageviews } = JSON.parse(stdout);
  assertEquals([current.sessions, current.pageviews], [sessions, pageviews]);
});

commandTest(
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

commandTest("demo-data --raw leaves the events to the ETL", testDatabase, async (run, db) => {
  const { code, stdout } = await run("commands/demo_data.ts", ["--events=200", "--raw", "--site=shop"]);

  const [waiting] = await db.query("select count(*) as rows from events_log_pending");
  assertEquals({ code, stdout }, {
    code: 0,
    stdout: `200 events of shop are stored; ${waiting!.rows} rows wait to be processed: deno task etl\n`,
  });
  assertEquals(await db.query("select from user_sessions"), []);
});

commandTest(
  "demo-data refuses what makes no sense, in words, and does nothing then",
  testDatabase,
  async (run, db) => {
    const cases: [string[], string][] = [
      [["--event", "5"], "--event is not known (did you mean --events?)"],
      [["5000"], '"5000" is too much'],
      [["--events", "0"], '--events is "0", but must be a whole number from 1 to 100000000'],
      [["--days", "many"], '--days is "many", but must be a whole number from 1 to 3650'],
      [["--seed"], "--seed needs a value"],
      [
        ["--site", "a/b"],
        '--site is "a/b", which is no site id: give an id without /, which means something else in a URL',
      ],
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
