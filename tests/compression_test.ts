import { assertEquals } from "@std/assert";
import type { Database } from "../db/database.ts";
import { migrate, migrateDown } from "../db/migrate.ts";
import { readMigrations } from "../db/migration_files.ts";
import { emptyDatabase, openTarget, servers } from "./test_database.ts";

const SINCE_LZ4 = (await readMigrations()).filter(({ version }) => version >= 13).length;

/** How a row that is too long to be left as it is is compressed on a new connection. */
async function compressionOfLongRow(url: string): Promise<string> {
  await using db = await openTarget(url, { poolSize: 1 });
  await db.exec(
    `insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, path, raw_event_data)
     values ('click', 's', 'v', 'shop', now(), '/', jsonb_build_object('eventData', jsonb_build_object('text', repeat('Contact ', 1000))))`,
  );
  const [row] = await db.query<{ method: string }>(
    "select pg_column_compression(raw_event_data) as method from events_log order by id desc limit 1",
  );
  return row!.method;
}

async function bestCompression(db: Database): Promise<string> {
  const [server] = await db.query<{ method: string }>(
    `select case when 'lz4' = any (enumvals) then 'lz4' else 'pglz' end as method
     from pg_settings where name = 'default_toast_compression'`,
  );
  return server!.method;
}

for (const server of servers()) {
  Deno.test(`long rows are compressed by LZ4 where the server has it (${server.name})`, async () => {
    await using db = await emptyDatabase(server);
    await migrate(db);
    assertEquals(await compressionOfLongRow(db.url), await bestCompression(db));
    await migrateDown(db, SINCE_LZ4);
    assertEquals(await compressionOfLongRow(db.url), "pglz");
  });
}
