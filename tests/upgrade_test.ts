import { assertEquals } from "@std/assert";
import { migrate, migrateDown, migrationStates } from "../db/migrate.ts";
import { readMigrations } from "../db/migration_files.ts";
import { runJob } from "../etl/run.ts";
import { JOBS } from "../etl/jobs.ts";
import { fillDatabase } from "../traffic/fill.ts";
import { anyServer } from "./fixtures.ts";
import type { TestDatabase } from "./test_database.ts";
import { copyRows, finish, JOB_CONTEXT, tablesOf } from "./upgraded.ts";
import { dictionaryOf, rowsOf, withTexts } from "./visits.ts";

const TRAFFIC = {
  siteId: "shop",
  events: 3_000,
  days: 9,
  seed: 11,
  until: new Date("2026-11-20T10:30:00Z"),
  ipMode: "truncate" as const,
};
// So many rows had been processed before the upgrade; the rest waited, in sessions that were cut in two.
const PROCESSED_BEFORE = 700;
// From here on there are jobs; before, everything waits.
const FIRST_WITH_ETL = 4;
// Found when an event is collected, or a session made, since 0006: what was there before has none.
const SINCE_0006 = ["channel", "country"];
// When something was done, and numbers that are drawn: they say nothing of the visits.
const OF_THE_RUN: Record<string, string[]> = {
  events_log: ["processed_at"],
  daily_site_metrics: ["id"],
  dictionary: ["value_id"],
};
// What the database keeps of its own doings.
const NOT_FIGURES = [
  "schema_migrations",
  "schema_procedures",
  "schema_releases",
  "job_runs",
  "stale_days",
  "rebuilds",
  "dictionary",
  "definition_changes",
];

const MIGRATIONS = await readMigrations();

/** Every row of every table that says something of the visits, with the texts that numbers stand for. */
async function figures(db: TestDatabase, without: string[]): Promise<Record<string, string[]>> {
  const texts = await dictionaryOf(db);
  const found: Record<string, string[]> = {};
  for (const [table, columns] of await tablesOf(db)) {
    if (NOT_FIGURES.includes(table)) continue;
    const left = columns.filter((column) =>
      without.includes(column) || (OF_THE_RUN[table] ?? []).includes(column)
    );
    const rows = await db.query<{ row: Record<string, unknown> }>(
      `select to_jsonb(t) - $1::text[] as row from ${rowsOf(table)} t`,
      [left],
    );
    found[table] = rows.map(({ row }) => withTexts(row, texts))
      .filter(({ dimension }) => !without.includes(String(dimension)))
      .map((row) => JSON.stringify(row)).sort();
  }
  return found;
}

Deno.test("from every earlier version, with what it held, one comes to the same figures", async (t) => {
  await using reference = await anyServer().migrated();
  await fillDatabase(reference, TRAFFIC);
  // What was collected before 0018 has no verdict.
  await reference.query("update events_log set bot = null");
  await reference.query("call process_events_batch($1)", [PROCESSED_BEFORE]);
  await runJob(JOBS.find(({ name }) => name === "daily-metrics")!, { ...JOB_CONTEXT, db: reference });
  const older = await Promise.all(
    MIGRATIONS.slice(0, -1).map(async ({ version, name }, i) => {
      const db = await anyServer().migrated();
      await migrateDown(db, MIGRATIONS.length - 1 - i);
      // Its procedures were others, and are replaced with the next migration.
      await db.query("delete from schema_procedures");
      await copyRows(reference, db, version >= FIRST_WITH_ETL);
      return { version, name, db };
    }),
  );
  await finish(reference);

  for (const { version, name, db } of older) {
    await using _closing = db;
    await t.step(`from ${name}`, async () => {
      await migrate(db);
      assertEquals((await migrationStates(db)).filter(({ state }) => state !== "applied"), []);
      await finish(db);
      const without = version >= FIRST_WITH_ETL && version < 6 ? SINCE_0006 : [];
      const expected = await figures(reference, without);
      assertEquals(expected.user_events!.length > 1_000, true);
      const found = await figures(db, without);
      assertEquals(Object.keys(found), Object.keys(expected));
      for (const table of Object.keys(expected)) {
        assertEquals([table, found[table]], [table, expected[table]]);
      }
    });
  }
});
