import { assertEquals } from "@std/assert";
import { openIngestion } from "../db/ingestion.ts";
import type { NewEvent } from "../db/event_row.ts";
import { eventRow } from "./event_row.ts";
import { anyServer } from "./fixtures.ts";
import { serverTest } from "./test_database.ts";
import { until } from "./until.ts";

function event(path: string): NewEvent {
  return { row: eventRow(path), agent: null };
}

Deno.test("what comes while a group is being written goes together in the next one", async () => {
  await using db = await anyServer().migrated();
  const { events, close } = openIngestion(db, undefined);
  const groups: number[] = [];
  events.onGroup((group) => groups.push(group.events));

  await Promise.all(["/a", "/b", "/c", "/d"].map((path) => events.add([event(path)])));

  assertEquals(groups, [1, 3]);
  await close();
});

serverTest("where a hundred events wait, they go beside the group that is being written", async () => {
  await using db = await anyServer().migrated();
  const { events, close } = openIngestion(db, undefined);
  const held = event("/held");
  const { release, group } = await hold(db, events, held);

  const many = Array.from({ length: 100 }, (_, place) => event(`/${place}`));
  assertEquals(await events.add(many), { stored: "postgres", refused: [] });

  release();
  await group;
  await close();
});

serverTest("a group that a lock holds up does not hold up what comes later", async () => {
  await using db = await anyServer().migrated();
  const { events, close } = openIngestion(db, undefined);
  const { release, group } = await hold(db, events, event("/held"));

  let stored = 0;
  const later: Promise<unknown>[] = [];
  await until("an event was stored beside the group", () => {
    later.push(events.add([event(`/${later.length}`)]).then(() => stored++));
    return stored > 0;
  });

  release();
  await Promise.all([group, ...later]);
  assertEquals(await db.query("select count(*) as rows from events_log"), [{ rows: later.length + 1 }]);
  await close();
});

/** Lets the event's group wait for a transaction that stores the same one, until that is released. */
async function hold(
  db: Awaited<ReturnType<ReturnType<typeof anyServer>["migrated"]>>,
  events: ReturnType<typeof openIngestion>["events"],
  held: NewEvent,
): Promise<{ release(): void; group: Promise<unknown> }> {
  const released = Promise.withResolvers<void>();
  const isHeld = Promise.withResolvers<void>();
  const transaction = db.transaction(async (tx) => {
    await tx.query("select store_events($1::jsonb, '[]', '{}')", [JSON.stringify([held.row])]);
    isHeld.resolve();
    await released.promise;
  });
  await isHeld.promise;
  return { release: () => released.resolve(), group: Promise.all([events.add([held]), transaction]) };
}
