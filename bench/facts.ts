import type { Database } from "../db/database.ts";
import { secondsOf } from "./database.ts";

const FACTS = ["user_sessions", "pageviews", "user_events", "form_submissions"];

/**
 * The yardstick of the ETL: the seconds that Postgres takes to write what the ETL has written, by a plain `INSERT …
 * SELECT` of the finished rows into empty tables with the same indexes, on one connection. No ETL can do with less.
 */
export async function secondsToInsertFacts(db: Database): Promise<number> {
  const copies = FACTS.map((table) => ({ table, copy: `yardstick_${table}` }));
  for (const { table, copy } of copies) await db.exec(`create table ${copy} (like ${table} including all)`);
  await db.exec("checkpoint");
  const seconds = await secondsOf(async () => {
    for (const { table, copy } of copies) await db.exec(`insert into ${copy} select * from ${table}`);
  });
  for (const { copy } of copies) await db.exec(`drop table ${copy}`);
  return seconds;
}
