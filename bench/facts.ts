import type { Database } from "../db/database.ts";
import { type Cost, costOf } from "./database.ts";

const FACTS = ["user_sessions", "pageviews", "user_events", "form_submissions"];

/**
 * The yardstick of the ETL: what it costs Postgres to write what the ETL has written, by a plain `INSERT …
 * SELECT` of the finished rows into empty tables with the same indexes, on one connection. No ETL can do with less.
 */
export async function costToInsertFacts(db: Database): Promise<Cost> {
  const copies = FACTS.map((table) => ({ table, copy: `yardstick_${table}` }));
  for (const { table, copy } of copies) await db.exec(`create table ${copy} (like ${table} including all)`);
  await db.exec("checkpoint");
  const cost = await costOf(db, async () => {
    for (const { table, copy } of copies) await db.exec(`insert into ${copy} select * from ${table}`);
  });
  for (const { copy } of copies) await db.exec(`drop table ${copy}`);
  return cost;
}
