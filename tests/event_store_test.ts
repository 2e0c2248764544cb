import { setLogLevel } from "../log.ts";
import { assertEquals } from "@std/assert";
import type { Database } from "../db/database.ts";
import { type EventRow, storable, type StorableEvent } from "../db/event_row.ts";
import { EventStore } from "../db/event_store.ts";
import { eventRow } from "./event_row.ts";
import { engines } from "./test_database.ts";

// These tests provoke what is logged.
setLogLevel("error");

function event(path: string, fields: Partial<EventRow> = {}): StorableEvent {
  return storable({ row: eventRow(path, fields), agent: null });
}

const TIMEOUT_MS = 5_000;

async function paths(db: Database): Promise<unknown[]> {
  return (await db.query("select path from events_log order by path")).map(({ path }) => path);
}

for (const engine of engines()) {
  Deno.test(`events are stored once: in a group, across groups, and after they were processed (${engine.name})`, async () => {
    await using db = await engine.migrated();
    const store = new EventStore(db);
    const [a, b, c] = [event("/a"), event("/b"), event("/c")];
    assertEquals(await store.store([a, b, a], TIMEOUT_MS), []);
    assertEquals(await store.store([b, c], TIMEOUT_MS), []);
    await db.query("select add_events_log_months(now(), now())");
    await db.query("update events_log set processed_at = now() where path <> '/c'");
    assertEquals(await store.store([a, b, c], TIMEOUT_MS), []);
    assertEquals(await paths(db), ["/a", "/b", "/c"]);
  });

  Deno.test(`an event that Postgres cannot hold is told by its place, and its neighbours are stored (${engine.name})`, async () => {
    await using db = await engine.migrated();
    const store = new EventStore(db);
    const group = [
      event("/a"),
      event("/b", { ip_address: "nowhere" }),
      event("/c"),
      event("/d"),
      event("x".repeat(3000)),
    ];
    assertEquals(await store.store(group, TIMEOUT_MS), [
      {
        index: 1,
        message: "cannot be stored: a value is not one that the database can hold",
        reason: 'cannot be stored: invalid input syntax for type inet: "nowhere"',
      },
      {
        index: 4,
        message: "cannot be stored: a text is too long",
        reason: "cannot be stored: value too long for type character varying(2048)",
      },
    ]);
    assertEquals(await paths(db), ["/a", "/c", "/d"]);
  });

  Deno.test(`a commit waits for the disk, even where the database is set not to (${engine.name})`, async () => {
    await using db = await engine.migrated();
    const setting = await db.transaction(async (tx) => {
      await tx.exec("set local synchronous_commit = off");
      await tx.query("select store_events($1::jsonb, '[]', '{}')", [`[${event("/a").json}]`]);
      return await tx.query("show synchronous_commit");
    });
    assertEquals(setting, [{ synchronous_commit: "on" }]);
  });
}
