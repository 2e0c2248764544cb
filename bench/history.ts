import type { Database } from "../db/database.ts";

const TABLES = ["events_log", "user_sessions", "pageviews", "user_events", "form_submissions"];
// A copy's own sessions and visitors, a key for each of its events, and all of it some days before the last one's.
const TEXTS = ["session_id", "visitor_id"];
const KEYS = ["event_id", "entry_event_id", "exit_event_id"];
// When the server received and processed an event: one busy month's archive is the largest that a batch can meet.
const OF_THE_SERVER = ["created_at", "processed_at"];

/**
 * Makes of what `db` holds processed `copies` of itself, one after the other in the year before, by SQL: raw events in the
 * archive and the facts that the ETL would have made of them, the same ones each time. Ten million take minutes.
 *
 * @param copies 1 to 4,095, with what is there
 */
export async function fillHistory(db: Database, copies: number): Promise<void> {
  const [ids] = await db.query<{ last: number }>("select max(id) as last from events_log");
  for (const table of TABLES) {
    const columns = await db.query<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, null) as type
       from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
      [table],
    );
    const values = columns.map(({ name, type }) => copied(name, type, table, ids!.last));
    await db.exec(`create unlogged table first_copy as select * from ${table}`);
    for (let copy = 1; copy < copies; copy++) {
      await db.query(
        `insert into ${table} (${columns.map(({ name }) => name).join(", ")})
         select ${values.join(", ")}
         from first_copy, (select $1::integer as number, $1::integer * interval '365 days' / $2::integer as before) copy`,
        [copy, copies],
      );
    }
    await db.exec("drop table first_copy");
  }
  await db.query("select setval('events_log_id_seq', $1)", [ids!.last * copies]);
  await db.exec("vacuum analyze");
}

/** What stands in a copy in the place of a column's value. */
function copied(name: string, type: string, table: string, lastId: number): string {
  // A fact's id is its raw event's times 1,024, and its place.
  if (name === "id") return `id + copy.number * ${lastId}::bigint * ${table === "events_log" ? 1 : 1024}`;
  if (TEXTS.includes(name)) return idOfCopy(name, "copy.number");
  if (KEYS.includes(name)) return `${idOfCopy(`${name}::text`, "copy.number")}::uuid`;
  if (type === "timestamp with time zone" && !OF_THE_SERVER.includes(name)) return `${name} - copy.before`;
  return name;
}

/**
 * SQL for an id of a copy's own: the first three digits are the copy's number, so the ids of the last copy are the highest, as those of the
 * latest visits are.
 */
export function idOfCopy(id: string, copy: string): string {
  return `overlay(${id} placing lpad(to_hex(${copy}), 3, '0') from position('_' in ${id}) + 1 for 3)`;
}
