import { assert, assertEquals } from "@std/assert";
import { openIngestion } from "../db/ingestion.ts";
import { Canary, CANARY_JOB, CANARY_SITE } from "../etl/canary.ts";
import { runAllJobs, runJob } from "../etl/run.ts";
import { anyServer } from "./fixtures.ts";
import { engines } from "./test_database.ts";

const TABLES = [
  "events_log",
  "user_sessions",
  "user_events",
  "pageviews",
  "daily_site_metrics",
  "stale_days",
  "failed_events",
  "sites",
];

for (const engine of engines()) {
  Deno.test(`a canary times the whole way, and leaves no row behind (${engine.name})`, async () => {
    await using db = await engine.migrated();
    const { events, close } = openIngestion(db, undefined);
    const canary = new Canary(db, events);
    const context = {
      db,
      canary,
      retentionDays: 90,
      signal: new AbortController().signal,
      whenBusy: "wait" as const,
    };
    const run = async () => (await runJob(CANARY_JOB, context)).rows;
    const left = async () => {
      const rows: Record<string, number> = {};
      for (const table of TABLES) {
        const found = await db.query(`select from ${table} where site_id = $1`, [CANARY_SITE]);
        if (found.length > 0) rows[table] = found.length;
      }
      return rows;
    };

    assertEquals(canary.seconds, undefined);
    assertEquals([await run(), await left()], [0, { events_log: 1 }]);
    // Nobody has processed it yet: it is under way, and the next one, too.
    assertEquals([await run(), await left()], [0, { events_log: 2 }]);
    const underWay = canary.seconds!;
    assert(underWay > 0 && underWay < 60, `${underWay} s`);

    await runAllJobs(context);
    assertEquals((await left()).user_events, 2);
    // Both have arrived and are gone, from the roll-up, too; the third is under way.
    assertEquals([await run(), await left()], [2, { events_log: 1 }]);
    await runAllJobs(context);
    assertEquals([await run(), await left()], [1, { events_log: 1 }]);
    assert(canary.seconds! < 60, `${canary.seconds} s`);
    await close();
  });
}

Deno.test("a canary of a process that died is removed by the next one, an hour later", async () => {
  await using db = await anyServer().migrated();
  const { events, close } = openIngestion(db, undefined);
  const context = { db, retentionDays: 90, signal: new AbortController().signal, whenBusy: "wait" as const };
  await new Canary(db, events).run();
  await db.query("update events_log_pending set timestamp = timestamp - interval '2 hours'");
  await runAllJobs(context);
  assertEquals((await db.query("select from user_events")).length, 1);

  assertEquals(await new Canary(db, events).run(), 0);
  assertEquals((await db.query("select from user_events")).length, 0);
  await close();
});
