import { assertEquals } from "@std/assert";
import { readMigrations } from "../db/migration_files.ts";
import { at, pageview, testApp } from "./fixtures.ts";
import { engines, serverEngines, type TestDatabase } from "./test_database.ts";

// One of each of the schema document's indexes that only people search by.
const SEARCHES = [
  "session_id = 'sess-7'",
  "event_type = 'rare'",
  "timestamp between '2026-03-10T00:00:00Z' and '2026-03-10T00:20:00Z'",
  "site_id = 'small' and created_at > now() - interval '1 day'",
  "created_at > now() - interval '1 day'",
  "processed_at > now() - interval '1 day'",
];

// Enough for some ranges of 32 pages.
const ROWS = `
  insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, path, raw_event_data)
  select case when n % 1000 = 7 then 'rare' else 'pageview' end, 'sess-' || n / 10, 'v', case when n % 500 = 3 then 'small' else 'shop' end,
    timestamptz '2026-03-10' + n * interval '1 minute', '/', jsonb_build_object('page', jsonb_build_object('title', repeat('x', 900)))
  from generate_series(1, 2000) n`;

async function search(db: TestDatabase, condition: string, scan: "seqscan" | "indexscan"): Promise<string[]> {
  return await db.transaction(async (tx) => {
    await tx.exec(`set local enable_seqscan = ${scan === "seqscan" ? "on" : "off"}`);
    if (scan === "seqscan") {
      await tx.exec("set local enable_bitmapscan = off; set local enable_indexscan = off");
    }
    const rows = await tx.query<{ id: string }>(
      `select id::text as id from events_log where ${condition} order by events_log.id`,
    );
    return rows.map(({ id }) => id);
  });
}

async function accessMethods(db: TestDatabase): Promise<Record<string, string>> {
  const rows = await db.query<{ name: string; method: string }>(
    `select distinct parent.relname as name, a.amname as method
     from pg_inherits i
     join pg_class parent on parent.oid = i.inhparent and parent.relkind = 'I' and parent.relname like 'idx_events_log_%'
     join pg_class c on c.oid = i.inhrelid
     join pg_am a on a.oid = c.relam
     order by 1`,
  );
  return Object.fromEntries(rows.map(({ name, method }) => [name, method]));
}

for (const engine of engines()) {
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${engine.name})`, fn);

  test("searches of the archive find the same by its block ranges as row by row, summed up or not", async () => {
    await using db = await engine.migrated();
    await db.exec(ROWS);
    await db.query("select process_events(1500)");
    const [first] = await db.query<{ ranges: number }>("select summarize_months() as ranges");
    await db.query("select process_events(1500)");
    for (const condition of SEARCHES) {
      const found = await search(db, condition, "indexscan");
      assertEquals([condition, found.length > 0], [condition, true]);
      assertEquals([condition, found], [condition, await search(db, condition, "seqscan")]);
    }
    const [second] = await db.query<{ ranges: number }>("select summarize_months() as ranges");
    const [third] = await db.query<{ ranges: number }>("select summarize_months() as ranges");
    assertEquals([first!.ranges > 0, second!.ranges > 0, third!.ranges], [true, true, 0]);
    for (const condition of SEARCHES) {
      assertEquals(
        [condition, await search(db, condition, "indexscan")],
        [condition, await search(db, condition, "seqscan")],
      );
    }
  });

  test("months get block range indexes and lose them again with their rows in place", async () => {
    await using db = await engine.migrated({ own: true });
    await db.exec(ROWS);
    await db.query("select process_events(2000)");
    const migrations = await readMigrations();
    const [archiveBrin, siteRanges] = ["_archive_brin", "_site_ranges"].map((name) =>
      migrations.find((migration) => migration.name.endsWith(name))!
    );
    const ranges = {
      idx_events_log_event_id: "btree",
      idx_events_log_event_type: "brin",
      idx_events_log_processed: "brin",
      idx_events_log_session: "brin",
      idx_events_log_site_created: "brin",
      idx_events_log_timestamp: "brin",
    };
    assertEquals(await accessMethods(db), ranges);
    // That of a month that is closed is not one of the common indexes.
    await db.query("select sort_closed_months()");
    await db.transaction((tx) => tx.exec(siteRanges!.down));
    const bySite = { ...ranges, idx_events_log_created_brin: "brin", idx_events_log_site_created: "btree" };
    assertEquals(await accessMethods(db), bySite);
    assertEquals(await db.query("select to_regclass('idx_events_log_site_created_history')::text as name"), [
      { name: null },
    ]);
    await db.transaction((tx) => tx.exec(archiveBrin!.down));
    assertEquals(await accessMethods(db), {
      ...Object.fromEntries(Object.keys(ranges).map((name) => [name, "btree"])),
      idx_events_log_created_brin: "brin",
    });
    await db.transaction((tx) => tx.exec(archiveBrin!.up));
    assertEquals(await accessMethods(db), bySite);
    await db.transaction((tx) => tx.exec(siteRanges!.up));
    assertEquals(await accessMethods(db), ranges);
    assertEquals(
      await db.query("select count(*) as rows from events_log where session_id = 'sess-7'"),
      [{ rows: 10 }],
    );
  });
}

for (const engine of serverEngines()) {
  Deno.test(`the collector goes on while the months get their indexes, and waits for no reader of them (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    const migration = (await readMigrations()).find(({ name }) => name.endsWith("_site_ranges"))!;
    await app.db.transaction(async (reader) => {
      await reader.query("select count(*) from events_log");
      const migrated = app.db.transaction((tx) => tx.exec(migration.down), { statementTimeout: 0 });
      // It waits for the reader, a fifth of a second each time.
      for (let i = 0; i < 5; i++) {
        assertEquals((await app.collect(pageview({ sessionId: "s", timestamp: at(i) }))).status, 202);
      }
      return { migrated };
    }).then(({ migrated }) => migrated);
    await app.etl();
    assertEquals(await app.rows("select count(*) as views from pageviews"), [{ views: 5 }]);
  });
}
