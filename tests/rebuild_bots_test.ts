import { assertEquals } from "@std/assert";
import { saveSite } from "../db/site_directory.ts";
import { commandTest } from "./command_run.ts";
import { pageview, testApp } from "./fixtures.ts";
import { footfall } from "./footfall_process.ts";
import { engines, type TestDatabase, testDatabase } from "./test_database.ts";

const PROGRAM = "commands/footfall.ts";
const GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/** A session with a pageview and a click, as an older release has made it, its row written and its day rolled up. */
async function oldSession(
  db: TestDatabase,
  site: string,
  session: string,
  { userAgent = "Mozilla/5.0 Firefox/145.0", referrer = null as string | null, start = "2026-03-10 12:00Z" } =
    {},
): Promise<void> {
  await db.query(
    `insert into user_sessions (session_id, visitor_id, site_id, session_start, last_event_at, pageview_count, event_count,
       user_agent, original_referrer, referrer_type)
     values ($2, $2, $1, $3, $3, 1, 1, $4, $5, 'referral')`,
    [site, session, start, userAgent, referrer],
  );
  await db.query(
    `insert into pageviews (session_id, visitor_id, site_id, url, path, view_timestamp) values ($2, $2, $1, 'https://x.test/', '/', $3)`,
    [site, session, start],
  );
  await db.query(
    `insert into user_events (session_id, visitor_id, site_id, event_type, event_timestamp) values ($2, $2, $1, 'click', $3)`,
    [site, session, start],
  );
  await db.query(
    `insert into form_submissions (session_id, visitor_id, site_id, submit_timestamp) values ($2, $2, $1, $3)`,
    [site, session, start],
  );
}

async function fill(db: TestDatabase): Promise<void> {
  await oldSession(db, "shop", "person");
  await oldSession(db, "shop", "curl", { userAgent: "curl/8.5.0" });
  await oldSession(db, "shop", "google", { userAgent: GOOGLEBOT });
  await oldSession(db, "shop", "late", { userAgent: GOOGLEBOT, start: "2026-03-12 12:00Z" });
  await oldSession(db, "shop", "spam", { referrer: "https://semalt.semalt.com/" });
  await oldSession(db, "blog", "other", { userAgent: GOOGLEBOT });
  await saveSite(db, { siteId: "bots", countBots: true });
  await oldSession(db, "bots", "counted", { userAgent: GOOGLEBOT });
  await db.exec(`
    insert into definition_changes values ('bots', '2026-03-20');
    select write_session_rows(array_agg(site_id), array_agg(session_id)) from user_sessions;
    select mark_session_days(array_agg(site_id), array_agg(session_id)) from user_sessions;
    select roll_up_stale_days(500)`);
}

const left = async (db: TestDatabase, table: string) =>
  (await db.query<{ id: string }>(`select session_id as id from ${table} order by 1`)).map(({ id }) => id);

const GOOGLE = (site: string, sessions: number) => ({
  site,
  bot: "Googlebot",
  sessions,
  pageviews: sessions,
  events: sessions,
});
const SPAM = { site: "shop", bot: "referrer spam", sessions: 1, pageviews: 1, events: 1 };

commandTest(
  "footfall rebuild --without-bots says what would go, and removes it",
  testDatabase,
  async (run, db) => {
    await fill(db);
    const dry = await run(PROGRAM, ["rebuild", "--without-bots", "--dry-run", "--json"]);
    assertEquals([dry.code, dry.stderr, JSON.parse(dry.stdout)], [0, "", {
      would_remove: [GOOGLE("blog", 1), GOOGLE("shop", 2), SPAM],
    }]);
    assertEquals((await left(db, "user_sessions")).length, 7);

    const outcome = await run(PROGRAM, ["rebuild", "--without-bots", "--yes"]);
    assertEquals([outcome.code, outcome.stderr, outcome.stdout], [
      0,
      "",
      "removed: 4 sessions of bots, 3 days of sites rolled up\n",
    ]);
    for (const table of ["user_sessions", "session_rows", "pageviews", "user_events", "form_submissions"]) {
      assertEquals([table, await left(db, table)], [table, ["counted", "curl", "person"]]);
    }
    assertEquals(
      await db.query("select site_id, day, bot, pageviews, events from bot_days order by 1, 2, 3"),
      [
        { site_id: "blog", day: "2026-03-10", bot: "Googlebot", pageviews: 1, events: 1 },
        { site_id: "shop", day: "2026-03-10", bot: "Googlebot", pageviews: 1, events: 1 },
        { site_id: "shop", day: "2026-03-10", bot: "referrer spam", pageviews: 1, events: 1 },
        { site_id: "shop", day: "2026-03-12", bot: "Googlebot", pageviews: 1, events: 1 },
      ],
    );
    assertEquals(
      await db.query(
        "select site_id, metric_date, unique_visitors from daily_site_metrics where unique_visitors > 0 order by 1, 2",
      ),
      [
        { site_id: "bots", metric_date: "2026-03-10", unique_visitors: 1 },
        { site_id: "shop", metric_date: "2026-03-10", unique_visitors: 2 },
      ],
    );
    assertEquals(await db.query("select change from definition_changes"), []);
    assertEquals(
      (await run(PROGRAM, ["rebuild", "--without-bots", "--yes"])).stdout,
      "no session of a bot is counted, but where a site counts bots\n",
    );
  },
);

commandTest(
  "footfall rebuild --without-bots keeps to a site and its days, and asks first",
  testDatabase,
  async (run, db) => {
    await fill(db);
    const command = ["rebuild", "--without-bots", "--site", "shop", "--from", "2026-03-11"];
    assertEquals((await run(PROGRAM, command)).code, 1);
    assertEquals((await left(db, "user_sessions")).length, 7);
    const { stdout } = await run(PROGRAM, [...command, "--yes", "--json"]);
    assertEquals(JSON.parse(stdout), { removed: [GOOGLE("shop", 1)], days: 1 });
    assertEquals(await left(db, "user_sessions"), ["counted", "curl", "google", "other", "person", "spam"]);
    assertEquals(await db.query("select change from definition_changes"), [{ change: "bots" }]);
    assertEquals(
      await run(PROGRAM, ["rebuild", "--dry-run"]),
      {
        code: 2,
        stdout: "",
        stderr:
          "footfall: --dry-run and --yes go with --without-bots; see: deno task footfall help rebuild\n",
      },
    );
  },
);

commandTest(
  "footfall rebuild --without-bots reads sessions of one moment together, however many",
  testDatabase,
  async (run, db) => {
    await db.query(
      `insert into user_sessions (session_id, visitor_id, site_id, session_start, last_event_at, user_agent)
     select 's' || i, 'v', 'a', '2026-03-10', '2026-03-10', $1 from generate_series(1, 20500) i`,
      [GOOGLEBOT],
    );
    const { stdout } = await run(PROGRAM, ["rebuild", "--without-bots", "--yes"]);
    assertEquals(stdout, "removed: 20,500 sessions of bots, 1 day of sites rolled up\n");
  },
);

Deno.test("footfall rebuild --without-bots works on the embedded database", async () => {
  const [engine] = engines();
  const cwd = await Deno.makeTempDir();
  await using app = await testApp({ engine: engine!, own: true });
  await app.collect(pageview({ browser: { userAgent: GOOGLEBOT } }));
  await app.rows("update events_log set bot = null");
  await app.etl();
  await app.db.close();

  const outcome = await footfall(cwd, ["rebuild", "--without-bots", "--yes"], { DATABASE_URL: app.db.url });

  assertEquals([outcome.code, outcome.stderr, outcome.stdout], [
    0,
    "",
    "removed: 1 session of bots, 1 day of sites rolled up\n",
  ]);
  await Deno.remove(cwd, { recursive: true });
});
