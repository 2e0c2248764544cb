import type { Database } from "../db/database.ts";
import { secondsOf } from "./database.ts";

const LEAST_SECONDS = 1;

/**
 * The yardstick of rows: how many of the rows that wait in `events_log` Postgres takes a second by `COPY`, into a
 * table of the same columns without an index. Through a file on the server: no client is in the way.
 *
 * @throws {Error} If no row waits
 */
export async function copyRate(db: Database): Promise<number> {
  const [{ folder } = { folder: "" }] = await db.query<{ folder: string }>(
    "select current_setting('data_directory') as folder",
  );
  const file = `'${folder}/yardstick.copy'`;
  const [{ rows } = { rows: 0 }] = await db.query<{ rows: number }>(
    "select count(*) as rows from events_log_pending",
  );
  if (rows === 0) throw new Error("There are no rows to copy");
  await db.exec(`copy events_log_pending to ${file}; create table yardstick (like events_log)`);
  let seconds = 0;
  let copied = 0;
  // A few thousand rows take less than the clock can tell from chance.
  while (seconds < LEAST_SECONDS) {
    seconds += await secondsOf(() => db.exec(`copy yardstick from ${file}`));
    copied += rows;
  }
  await db.exec("drop table yardstick");
  return copied / seconds;
}
