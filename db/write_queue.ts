import type { StorableEvent } from "./event_row.ts";
import type { RefusedEvent } from "./event_store.ts";

/** Where events are durable: committed in Postgres, or on disk until it is back. */
export type Place = "postgres" | "spool";

/** What became of a request's events. */
export interface Receipt {
  stored: Place;
  /** Events that Postgres can never hold, by their place in the request. */
  refused: RefusedEvent[];
}

/** A request's events on their way. */
export interface QueuedEvents {
  events: StorableEvent[];
  bytes: number;
  resolve(receipt: Receipt): void;
  reject(error: unknown): void;
}

/** No room: the events were not taken. Try again in a moment. */
export class QueueFull extends Error {
  override name = "QueueFull";
}

// What may wait in memory: some seconds of a heavy load, and a bounded share of a small machine.
const QUEUE_EVENTS = 20_000;
const QUEUE_BYTES = 64 * 1024 * 1024;
// What goes into one statement: past this a group's latency grows, and its throughput does not.
const GROUP_EVENTS = 5_000;
const GROUP_BYTES = 8 * 1024 * 1024;
// A request with more events than this takes turns with its like, so that a visitor's pageview, which rides along with
// every group, does not wait behind somebody's import.
const LARGE_EVENTS = 100;
const GROUP_LARGE_EVENTS = 1_000;

/** Requests' events that wait to be written, bounded, in the order in which they came; the large ones apart. */
export class WriteQueue {
  readonly #small: QueuedEvents[] = [];
  readonly #large: QueuedEvents[] = [];
  #waiting = 0;
  #events = 0;
  #bytes = 0;

  /** How many events wait, or were taken and not released yet. */
  get events(): number {
    return this.#events;
  }

  /** How many events wait. */
  get waiting(): number {
    return this.#waiting;
  }

  get isEmpty(): boolean {
    return this.#small.length === 0 && this.#large.length === 0;
  }

  /** @throws {QueueFull} */
  add(queued: QueuedEvents): void {
    const { events, bytes } = queued;
    if (this.#events + events.length > QUEUE_EVENTS || this.#bytes + bytes > QUEUE_BYTES) {
      throw new QueueFull(`${this.#events} events wait to be written`);
    }
    this.#waiting += events.length;
    this.#events += events.length;
    this.#bytes += bytes;
    (events.length > LARGE_EVENTS ? this.#large : this.#small).push(queued);
  }

  /** The next group: of each kind one request at least, where one waits. */
  take(): QueuedEvents[] {
    const large = takeFirst(this.#large, GROUP_LARGE_EVENTS, GROUP_BYTES / 2);
    const group = [...large, ...takeFirst(this.#small, GROUP_EVENTS - GROUP_LARGE_EVENTS, GROUP_BYTES / 2)];
    for (const { events } of group) this.#waiting -= events.length;
    return group;
  }

  /** What was taken is written, or given back to its senders: others may come. */
  release(group: QueuedEvents[]): void {
    for (const { events, bytes } of group) {
      this.#events -= events.length;
      this.#bytes -= bytes;
    }
  }
}

function takeFirst(queue: QueuedEvents[], maxEvents: number, maxBytes: number): QueuedEvents[] {
  let events = 0;
  let bytes = 0;
  const end = queue.findIndex((queued) => {
    events += queued.events.length;
    bytes += queued.bytes;
    return events > maxEvents || bytes > maxBytes;
  });
  return queue.splice(0, end === -1 ? queue.length : Math.max(1, end));
}
