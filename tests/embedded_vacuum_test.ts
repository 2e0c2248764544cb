import { assert } from "@std/assert";
import { setLogLevel } from "../log.ts";
import type { Database } from "../db/database.ts";
import { JOBS } from "../etl/jobs.ts";
import { runJob } from "../etl/run.ts";
import { embeddedDatabase } from "./embedded_database.ts";
import { JOB_CONTEXT } from "./upgraded.ts";

setLogLevel("error");

const SESSIONS = 300;
const MINUTES = 60;
// As Postgres keeps a table with autovacuum: dead rows take a part of it, whose size does not depend on how often rows are written.
const MOST_BLOAT = 4;

const run = (db: Database, name: string) =>
  runJob(JOBS.find((job) => job.name === name)!, { ...JOB_CONTEXT, db });

async function sizeOf(db: Database, table: string): Promise<number> {
  const [row] = await db.query<{ bytes: number }>("select pg_relation_size($1::regclass) as bytes", [table]);
  return row!.bytes;
}

Deno.test("an hour in which the same sessions are written every minute does not bloat the embedded database", async () => {
  await using db = await embeddedDatabase();
  for (let minute = 0; minute < MINUTES; minute++) {
    await db.query(
      `insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, path, raw_event_data)
       select 'click', 's' || i, 'v' || i, 'shop', date_trunc('hour', now()) - interval '2 hours' + $1 * interval '1 minute', '/', '{}'
       from generate_series(1, $2::integer) i`,
      [minute, SESSIONS],
    );
    await run(db, "process-events");
    if (minute % 5 === 4) await run(db, "daily-metrics");
  }
  for (const table of ["session_rows", "user_sessions", "stale_days"]) {
    const bytes = await sizeOf(db, table);
    await db.exec(`vacuum full ${table}`);
    const compact = await sizeOf(db, table);
    assert(bytes <= MOST_BLOAT * compact, `${table} takes ${bytes} bytes, but could take ${compact}`);
  }
});
