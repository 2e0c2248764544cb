import { assertEquals } from "@std/assert";
import type { Asked, Database } from "../db/database.ts";
import { migrate, migrateDown } from "../db/migrate.ts";
import { readMigrations } from "../db/migration_files.ts";
import { saveSite } from "../db/site_directory.ts";
import { eraseTraces, eraseVisitor } from "../db/visitor_record.ts";
import { runAllJobs } from "../etl/run.ts";
import { fillDatabase } from "../traffic/fill.ts";
import { anyServer, type TestApp, testApp } from "./fixtures.ts";
import { engines, openTarget, serverTest } from "./test_database.ts";
import { copyRows, finish, JOB_CONTEXT } from "./upgraded.ts";
import { factsOf, mixedVisits } from "./visits.ts";

const TRAFFIC = {
  siteId: "shop",
  events: 1_500,
  days: 6,
  seed: 11,
  until: new Date("2026-03-20T10:30:00Z"),
  ipMode: "truncate" as const,
};
const LATER = { ...TRAFFIC, events: 500, seed: 12, until: new Date("2026-03-22T10:30:00Z") };

/** Sessions that the command is tested on: `sessions` of each site, an hour apart. */
async function fillSites(db: Asked, sites: string[], sessions: number): Promise<void> {
  for (const site of sites) {
    await db.query(
      `insert into user_sessions (session_id, visitor_id, site_id, session_start, last_event_at, pageview_count)
       select 's' || i, 'v' || i, $1, start, start, 1
       from generate_series(1, $2) i, lateral (select timestamptz '2026-03-10 12:00Z' + i * interval '1 hour' as start) at`,
      [site, sessions],
    );
  }
}

const slice = async (db: Asked, most: number) =>
  (await db.query<{ sessions: number | null }>("select rebuild_slice($1) as sessions", [most]))[0]!.sessions;

async function countRows(db: Asked): Promise<number> {
  return (await db.query<{ rows: number }>("select count(*) as rows from session_rows"))[0]!.rows;
}

/** The first few rows that only one of two databases has, by table. */
async function differences(
  one: Database,
  other: Database,
): Promise<Record<string, { one: string[]; other: string[] }>> {
  const [here, there] = await Promise.all([one, other].map(async (db) => {
    const facts = Object.entries(await factsOf(db));
    return new Map(facts.map(([table, rows]) => [table, rows.map((row) => JSON.stringify(row))]));
  }));
  const only = (rows: string[] = [], others: string[] = []) => {
    const known = new Set(others);
    return rows.filter((row) => !known.has(row)).slice(0, 3);
  };
  return Object.fromEntries(
    [...new Set([...here!.keys(), ...there!.keys()])]
      .filter((table) => here!.get(table)?.join() !== there!.get(table)?.join())
      .map((table) => [table, {
        one: only(here!.get(table), there!.get(table)),
        other: only(there!.get(table), here!.get(table)),
      }]),
  );
}

async function collectAll(app: TestApp, events: Record<string, unknown>[]): Promise<void> {
  for (const event of events) assertEquals((await app.collect(event)).status, 202);
}

for (const engine of engines()) {
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${engine.name})`, fn);

  test("a rebuild comes to what the ETL has written", async () => {
    await using app = await testApp({ engine });
    for (
      const event of mixedVisits({
        seed: 3,
        events: 150,
        sites: ["a", "b"],
        visitors: ["x", "y"],
        sessions: 9,
        shared: false,
      })
    ) {
      await app.collect(event);
    }
    await app.etl();
    const expected = await factsOf(app.db);

    await app.db.exec(
      "update session_rows set visitor = 0, page_ids = '{}'; delete from session_rows where session_id like '%1'",
    );
    await app.db.query("select begin_rebuild(null, '-infinity', 'infinity')");
    while (await slice(app.db, 4) !== null);
    await app.etl();

    assertEquals(await factsOf(app.db), expected);
  });

  test("a slice is short where many sessions follow on months without any", async () => {
    await using db = await engine.migrated();
    await fillSites(db, ["a"], 1);
    await db.exec(`
      insert into user_sessions (session_id, visitor_id, site_id, session_start, last_event_at)
      select 'dense' || i, 'v', 'a', start, start
      from generate_series(1, 300) i, lateral (select timestamptz '2025-10-10 12:00Z' + i * interval '1 second' as start) at`);

    await db.query("select begin_rebuild(null, '-infinity', 'infinity')");
    const slices: number[] = [];
    for (let done = await slice(db, 20); done !== null; done = await slice(db, 20)) slices.push(done);

    assertEquals([await countRows(db), Math.max(...slices)], [301, 40]);
  });

  test("a later release does what is done of an unfinished rebuild again", async () => {
    await using db = await engine.migrated();
    await fillSites(db, ["a"], 900);
    await db.query("select begin_rebuild(null, '-infinity', 'infinity')");
    // April is finished, March is not.
    while (await countRows(db) < 500) await slice(db, 100);
    await db.exec("update session_rows set definitions = 0; update rebuilds set definitions = 0");

    while (await slice(db, 100) !== null);

    assertEquals(
      await db.query("select count(*) as rows from session_rows where definitions = row_definitions()"),
      [
        { rows: 900 },
      ],
    );
  });
}

serverTest("a session that something else holds gets its row in the next slice", async () => {
  await using db = await anyServer().migrated();
  await fillSites(db, ["a"], 5);
  await db.query("select begin_rebuild(null, '-infinity', 'infinity')");
  let rows = 0;

  await db.transaction(async (tx) => {
    await tx.query("select from user_sessions where session_id = 's3' for no key update");
    for (let i = 0; i < 20; i++) await slice(db, 20);
    rows = await countRows(db);
  });
  while (await slice(db, 20) !== null);

  assertEquals([rows < 5, await countRows(db)], [true, 5]);
});

const SINCE_SESSION_ROWS = (await readMigrations()).filter(({ version }) => version >= 17).length;

serverTest(
  "an upgraded database comes to the figures of one that had session rows from the start",
  async () => {
    await using reference = await anyServer().migrated();
    await fillDatabase(reference, TRAFFIC);
    // What was collected before 0018 has no verdict.
    await reference.query("update events_log set bot = null");
    await reference.query("call process_events_batch(700)");
    await using db = await anyServer().migrated();
    await migrateDown(db, SINCE_SESSION_ROWS);
    await db.query("delete from schema_procedures");
    await copyRows(reference, db, true);

    await migrate(db);
    const rebuildSome = async () => {
      for (let i = 0; i < 14; i++) await slice(db, 10);
    };
    // The collector goes on meanwhile.
    await Promise.all([rebuildSome(), fillDatabase(db, LATER)]);
    await db.query("call process_events_batch(300)");
    for (let i = 0; i < 2; i++) await slice(db, 10);
    const [under] = await db.query("select finished_at from rebuilds");
    await db.query("call process_events_batch(300)");
    await finish(db);
    await fillDatabase(reference, LATER);
    await finish(reference);

    assertEquals(under, { finished_at: null });
    assertEquals(await differences(db, reference), {});
    assertEquals(await db.query("select to_regclass('session_segments')::text as packed"), [{
      packed: null,
    }]);
  },
);

serverTest("a rebuild beside the ETL, an erasure and a new time zone loses and doubles nothing", async () => {
  await using app = await testApp();
  await using without = await testApp();
  await using many = await openTarget(app.db.url, { poolSize: 8 });
  const visitors = Array.from({ length: 30 }, (_, i) => `vis_${i}`);
  const events = mixedVisits({
    seed: 5,
    events: 1_200,
    sites: ["a", "b", "c"],
    visitors,
    sessions: 8,
    shared: false,
  });
  await collectAll(app, events.slice(0, 600));
  await app.etl();
  await collectAll(app, events.slice(600));
  // As after an upgrade: nothing is there yet.
  await app.db.exec(`
    delete from session_rows;
    insert into rebuilds (starts, ends, reached, definitions, is_upgrade)
    select min(session_start), 'infinity', 'infinity', 1, true from user_sessions`);

  const work = async (worker: number) => {
    for (let empty = 0; empty < 3;) {
      const [done] = await many.query<{ rows: number }>("select rows from process_beside_others(40, $1)", [
        worker,
      ]);
      empty = done!.rows === 0 ? empty + 1 : 0;
    }
  };
  const rebuild = async () => {
    while (await many.transaction((tx) => slice(tx, 15)) !== null);
  };
  const interfere = async () => {
    await eraseVisitor(many, { visitorId: "vis_7" });
    await saveSite(many, { siteId: "b", timezone: "Pacific/Auckland" });
    await runAllJobs({ ...JOB_CONTEXT, db: many });
  };
  await Promise.all([work(0), work(1), work(2), rebuild(), interfere()]);
  while (await slice(app.db, 100) !== null);
  await eraseTraces(app.db);
  await finish(app.db);

  await collectAll(without, events.filter(({ visitorId }) => visitorId !== "vis_7"));
  await saveSite(without.db, { siteId: "b", timezone: "Pacific/Auckland" });
  await finish(without.db);
  // What bots sent counts on the day that it was when it was processed, whatever the zone is later.
  const { bot_days: _, ...others } = await differences(app.db, without.db);
  assertEquals(others, {});
  const bots =
    "select site_id, sum(pageviews) as pageviews, sum(events) as events from bot_days group by 1 order by 1";
  assertEquals(await app.rows(bots), await without.rows(bots));
});
