import { assertEquals } from "@std/assert";
import { migrate, migrateDown } from "../db/migrate.ts";
import { readMigrations } from "../db/migration_files.ts";
import { anyServer } from "./fixtures.ts";
import { openTarget, serverTest } from "./test_database.ts";
import { until } from "./until.ts";

const SINCE_SITE_SETTINGS = (await readMigrations()).filter(({ version }) => version >= 9).length;

serverTest(
  "columns are added to sites while a long transaction reads it, and collectors read it meanwhile",
  async () => {
    await using db = await anyServer().migrated();
    await using collector = await openTarget(db.url, { poolSize: 1, statementTimeout: 2_000 });
    await migrateDown(db, SINCE_SITE_SETTINGS);
    await using migrator = await openTarget(db.url, { poolSize: 1 });
    const waiting = async () => {
      const [row] = await db.query<{ count: number }>(
        "select count(*) from pg_locks where relation = 'sites'::regclass and mode = 'AccessExclusiveLock' and not granted",
      );
      return row!.count > 0;
    };
    const migrating = await db.transaction(async (reader) => {
      await reader.query("select site_id from sites");
      const migrating = migrate(migrator);
      for (let attempt = 1; attempt <= 2; attempt++) {
        await until("the migration asks for its lock", waiting);
        // It waits behind the migration for a fifth of a second, not for the reader.
        assertEquals(await collector.query("select site_id from sites"), []);
      }
      return { migrating };
    });
    const { applied } = await migrating.migrating;
    assertEquals(applied.length, SINCE_SITE_SETTINGS);
    assertEquals(
      await db.query("select retention_days, redact_names, exclude_paths, exclude_networks from sites"),
      [],
    );
  },
);
