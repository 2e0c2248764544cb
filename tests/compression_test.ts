import { assertEquals } from "@std/assert";
import { migrateDown } from "../db/migrate.ts";
import { readMigrations } from "../db/migration_files.ts";
import { engines, type TestDatabase } from "./test_database.ts";

// A batch's row: longer than what Postgres leaves as it is, shorter than what does not fit into a page when compressed.
const ADD_LONG_ROW = `
  insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, path, raw_event_data)
  values ('click', 's', 'v', 'shop', '2026-03-10', '/', jsonb_build_object('eventData', jsonb_build_object('text', repeat('Contact ', 1000))))`;
const SINCE_LZ4 = (await readMigrations()).filter(({ version }) => version >= 13).length;

async function compressions(db: TestDatabase): Promise<Record<string, unknown>[]> {
  return await db.query(
    `select tableoid::regclass::text = 'events_log_pending' as pending, pg_column_compression(raw_event_data) as method
     from events_log order by id`,
  );
}

for (const engine of engines()) {
  Deno.test(`long raw events are compressed by LZ4 where the server has it, and stay so in their month (${engine.name})`, async () => {
    await using db = await engine.migrated();
    const [server] = await db.query<{ method: string }>(
      `select case when 'lz4' = any (enumvals) then 'lz4' else 'pglz' end as method
       from pg_settings where name = 'default_toast_compression'`,
    );
    await db.exec(ADD_LONG_ROW);
    assertEquals(await compressions(db), [{ pending: true, method: server!.method }]);
    await db.query("select process_events(10)");
    await migrateDown(db, SINCE_LZ4);
    await db.exec(ADD_LONG_ROW);
    assertEquals(await compressions(db), [
      { pending: false, method: server!.method },
      { pending: true, method: "pglz" },
    ]);
  });
}
