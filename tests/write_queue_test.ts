import { assertEquals, assertThrows } from "@std/assert";
import type { StorableEvent } from "../db/event_row.ts";
import { QueueFull, WriteQueue } from "../db/write_queue.ts";

/** A request of so many events; the queue looks no further into it. */
function request(events: number, bytes = events * 1000) {
  return { events: Array<StorableEvent>(events), bytes, resolve: () => {}, reject: () => {} };
}

function queueOf(...requests: ReturnType<typeof request>[]): WriteQueue {
  const queue = new WriteQueue();
  for (const queued of requests) queue.add(queued);
  return queue;
}

const sizes = (group: { events: unknown[] }[]) => group.map(({ events }) => events.length);

Deno.test("a group holds all that waits, in the order in which it came", () => {
  const queue = queueOf(request(1), request(50), request(2));
  assertEquals([sizes(queue.take()), queue.isEmpty], [[1, 50, 2], true]);
});

Deno.test("large requests take turns, and a small one does not wait for them", () => {
  const queue = queueOf(request(1000), request(1000), request(600), request(300), request(1));
  assertEquals([sizes(queue.take()), sizes(queue.take()), sizes(queue.take())], [[1000, 1], [1000], [
    600,
    300,
  ]]);
});

Deno.test("a group ends before it holds more than 4,000 small events, or 4 MiB of them", () => {
  const many = queueOf(...Array.from({ length: 50 }, () => request(99)));
  assertEquals([sizes(many.take()).length, sizes(many.take()).length], [40, 10]);
  const big = queueOf(...Array.from({ length: 10 }, () => request(1, 1024 * 1024)));
  assertEquals([sizes(big.take()).length, sizes(big.take()).length, sizes(big.take()).length], [4, 4, 2]);
});

Deno.test("a request that alone is larger than a group goes alone", () => {
  const queue = queueOf(request(1, 20 * 1024 * 1024), request(1));
  assertEquals([sizes(queue.take()), sizes(queue.take())], [[1], [1]]);
});

Deno.test("a queue of 20,000 events is full until a group of them is released", () => {
  const queue = queueOf(...Array.from({ length: 20 }, () => request(1000)));
  assertThrows(() => queue.add(request(1)), QueueFull, "20000 events wait to be written");
  const group = queue.take();
  assertThrows(() => queue.add(request(1)), QueueFull);
  queue.release(group);
  queue.add(request(1000));
  assertEquals(queue.events, 20_000);
});

Deno.test("a queue of 64 MiB is full", () => {
  const queue = queueOf(request(1, 60 * 1024 * 1024));
  assertThrows(() => queue.add(request(1, 5 * 1024 * 1024)), QueueFull);
  queue.add(request(1, 4 * 1024 * 1024));
  assertEquals(queue.events, 2);
});
