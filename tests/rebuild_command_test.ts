import { assertEquals, assertThrows } from "@std/assert";
import { CommandError } from "../commands/command.ts";
import { judgeRoom } from "../commands/rebuild.ts";
import { openDatabase } from "../db/open.ts";
import { commandTest } from "./command_run.ts";
import { pageview, testApp } from "./fixtures.ts";
import { footfall, footfallCommand } from "./footfall_process.ts";
import { engines, type TestDatabase, testDatabase } from "./test_database.ts";
import { factsOf } from "./visits.ts";

const PROGRAM = "commands/footfall.ts";

/** A session of each site on each of some days: `2026-03-10` is 0. */
async function fillDays(db: TestDatabase, sites: string[], days: number): Promise<void> {
  await db.query(
    `insert into user_sessions (session_id, visitor_id, site_id, session_start, last_event_at)
     select site || day, 'v', site, start, start
     from unnest($1::text[]) as site, generate_series(0, $2 - 1) as day,
       lateral (select timestamptz '2026-03-10 12:00Z' + day * interval '1 day' as start) at`,
    [sites, days],
  );
}

const sessionsWithRows = async (db: TestDatabase) =>
  (await db.query<{ id: string }>("select session_id as id from session_rows order by 1")).map(({ id }) =>
    id
  );

const failed = (problem: string) => ({ code: 1, stdout: "", stderr: `footfall: ${problem}\n` });

commandTest(
  "footfall rebuild writes the rows of some days of a site, and rolls them up",
  testDatabase,
  async (run, db) => {
    await fillDays(db, ["a", "b"], 4);
    const outcome = await run(PROGRAM, [
      "rebuild",
      "--site",
      "a",
      "--from",
      "2026-03-11",
      "--to",
      "2026-03-12",
      "--json",
    ]);

    assertEquals([outcome.code, outcome.stderr, JSON.parse(outcome.stdout)], [0, "", {
      site: "a",
      from: "2026-03-11",
      to: "2026-03-12",
      continued: false,
      sessions: 2,
      days: 2,
    }]);
    assertEquals(await sessionsWithRows(db), ["a1", "a2"]);
    assertEquals(
      await db.query("select site_id, metric_date, total_sessions from daily_site_metrics order by 1, 2"),
      [
        { site_id: "a", metric_date: "2026-03-11", total_sessions: 1 },
        { site_id: "a", metric_date: "2026-03-12", total_sessions: 1 },
      ],
    );
  },
);

commandTest(
  "footfall rebuild takes the site's own days, and of all sites those around UTC's",
  testDatabase,
  async (run, db) => {
    await db.exec("insert into sites (site_id, timezone) values ('a', 'Pacific/Auckland')");
    await fillDays(db, ["a", "b"], 5);

    // Noon in UTC is the next day there.
    await run(PROGRAM, ["rebuild", "--site", "a", "--from", "2026-03-13", "--to", "2026-03-13"]);
    assertEquals(await sessionsWithRows(db), ["a2"]);
    await run(PROGRAM, ["rebuild", "--from", "2026-03-12", "--to", "2026-03-12"]);
    assertEquals(await sessionsWithRows(db), ["a1", "a2", "a3", "b1", "b2", "b3"]);
  },
);

commandTest(
  "footfall rebuild goes on with one that was begun, and then does what was asked for",
  testDatabase,
  async (run, db) => {
    await fillDays(db, ["a", "b"], 5);
    await db.exec("select begin_rebuild('b', '2026-03-12', 'infinity'); select rebuild_slice()");
    const [{ at }] = await db.query<{ at: Date }>("select started_at as at from rebuilds") as [{ at: Date }];

    const outcome = await run(PROGRAM, ["rebuild", "--site", "a"]);
    assertEquals([outcome.code, outcome.stderr, outcome.stdout.split("\n").slice(1)], [0, "", [
      `going on with the rebuild that began at ${at.toISOString()}`,
      "rebuilt: a, 8 sessions written, 8 days of sites rolled up",
      "",
    ]]);
    assertEquals((await sessionsWithRows(db)).length, 8);
    // One that asks for no more than the one under way begins no other.
    await db.exec("select begin_rebuild(null, '-infinity', 'infinity')");
    await run(PROGRAM, ["rebuild", "--site", "a", "--from", "2026-03-12"]);
    assertEquals(await db.query("select count(*) as begun, count(finished_at) as done from rebuilds"), [{
      begun: 3,
      done: 3,
    }]);
  },
);

commandTest(
  "footfall rebuild goes on after kill -9 as if nothing had been",
  testDatabase,
  async (run, db, cwd) => {
    await db.exec(`
    insert into user_sessions (session_id, visitor_id, site_id, session_start, last_event_at)
    select 's' || i, 'v', 'a', start, start
    from generate_series(1, 30000) i, lateral (select timestamptz '2026-03-10 12:00Z' + i * interval '1 minute' as start) at`);

    const child = footfallCommand(cwd, ["rebuild"], { DATABASE_URL: db.url }, {
      stdout: "null",
      stderr: "null",
    }).spawn();
    while ((await sessionsWithRows(db)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGKILL");
    await child.status;
    const [unfinished] = await db.query("select finished_at from rebuilds");
    const { code, stdout } = await run(PROGRAM, ["rebuild", "--json"]);

    const { continued, sessions } = JSON.parse(stdout);
    assertEquals([code, unfinished, continued, sessions < 30_000], [0, { finished_at: null }, true, true]);
    assertEquals((await sessionsWithRows(db)).length, 30_000);
  },
);

commandTest("footfall rebuild says what it cannot do", testDatabase, async (run, db) => {
  assertEquals(await run(PROGRAM, ["rebuild"]), failed("Cannot rebuild: there is no session of any site"));
  await fillDays(db, ["shop"], 2);
  assertEquals(
    [
      await run(PROGRAM, ["rebuild", "--site", "shp"]),
      await run(PROGRAM, ["rebuild", "--site", "shop", "--from", "2026-03-12"]),
      await run(PROGRAM, ["rebuild", "--to", "2026-03-01"]),
    ],
    [
      failed('Cannot find the site "shp" (did you mean shop?)'),
      failed("Cannot rebuild: there is no session of shop from 2026-03-12"),
      failed("Cannot rebuild: there is no session of any site to 2026-03-01"),
    ],
  );
  assertEquals(await db.query("select from rebuilds"), []);
});

Deno.test("footfall rebuild is refused where the disk may become full", () => {
  assertEquals(
    judgeRoom(2e9, { free: 5e9, total: 2e10 }),
    "disk: up to 2.0 GB needed, 5.0 GB of 20.0 GB free",
  );
  assertThrows(
    () => judgeRoom(6e9, { free: 5e9, total: 2e10 }),
    CommandError,
    "Cannot rebuild: the disk may become full (up to 6.0 GB needed, 5.0 GB of 20.0 GB free). " +
      "Make room, for example by: deno task footfall retention; or go on with --force",
  );
});

Deno.test("footfall rebuild works on the embedded database", async () => {
  const [engine] = engines();
  const cwd = await Deno.makeTempDir();
  await using app = await testApp({ engine: engine!, own: true });
  await app.collect(pageview());
  await app.etl();
  const expected = await factsOf(app.db);
  await app.db.exec("delete from session_rows");
  await app.db.close();

  const outcome = await footfall(cwd, ["rebuild"], { DATABASE_URL: app.db.url });

  assertEquals([outcome.code, outcome.stderr, outcome.stdout.split("\n").at(-2)], [
    0,
    "",
    "rebuilt: all sites, 1 session written, 1 day of sites rolled up",
  ]);
  await using again = await openDatabase(app.db.url);
  assertEquals(await factsOf(again), expected);
  await Deno.remove(cwd, { recursive: true });
});

commandTest(
  "footfall rebuild reads user agents again as this version reads them",
  testDatabase,
  async (run, db) => {
    await fillDays(db, ["a"], 1);
    const agent =
      "Mozilla/5.0 (Linux; Android 9; AFTKA) AppleWebKit/537.36 (KHTML, like Gecko) Silk/128.5.4 Safari/537.36";
    await db.query(
      `insert into user_agents (user_agent, browser, os, device_type, is_bot)
     values ($1, 'Silk', 'Android', 'tablet', false)`,
      [agent],
    );
    await db.query("update user_sessions set user_agent = $1", [agent]);

    const outcome = await run(PROGRAM, ["rebuild"]);

    assertEquals([outcome.code, outcome.stderr], [0, ""]);
    assertEquals(outcome.stdout.includes("1 user agent read otherwise than before"), true);
    assertEquals(
      await db.query(
        "select d.value from session_rows s join dictionary d on d.site_id = s.site_id and d.value_id = s.device",
      ),
      [{ value: "smarttv" }],
    );
  },
);
