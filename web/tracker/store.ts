/// <reference no-default-lib="true" />
/// <reference lib="es2022" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Where ids and waiting events live: `localStorage`, or memory where there is none.
 *
 * Each event has a key of its own. Several tabs share the storage, and a list under one key would be read, changed and
 * written by two of them at once; single keys need no lock, and whichever page loads next finds what a closed or
 * crashed one left.
 */
import { options, site } from "./options.ts";

type Memory = Record<string, string>;

/** Before every key: apart from other sites on this origin, and from the page's own keys. */
export const PREFIX = "footfall." + site + ".";

/** Memory has no `length`: that is how `add` sees that ids would not outlive the page. */
export let storage: Memory = {};
try {
  // Throws in sandboxed frames and where the browser blocks site data; null in web views without DOM storage.
  "cookieless" in options || (storage = localStorage as unknown as Memory || storage);
} catch {
  // Memory, then.
}

/**
 * Reads what `put` stored: `v` the visitor, `s` the session, `t` when it was last seen, `c` consent, `r` the time
 * before which nothing may be sent, `d` how many events were dropped unsent; or an event, under its id.
 */
export const get = (name: string): string => storage[PREFIX + name]!;

/** The keys of the names that begin with `start`, in order; ids of events are UUIDv7, so theirs is that of time. */
export const keys = (start: string | number): string[] =>
  Object.keys(storage).filter((key) => key.startsWith(PREFIX + start)).sort();

/** The last id's random part, from 0 to 1. */
let random = 0;

export const drop = (key: string): boolean => delete storage[key];

export const put = (name: string, value: unknown): void => {
  try {
    storage[PREFIX + name] = value as string;
  } catch {
    // Full, or read-only: memory from here on. What stays behind is sent by a later page.
    (storage = {} as Memory)[PREFIX + name] = value as string;
  }
};

/**
 * A UUIDv7: the milliseconds in 48 bits, which 11 hex digits hold until the year 2527, then 18 decimal digits, which grow by
 * chance: ids of one millisecond are in order.
 *
 * `crypto.randomUUID` would be v4, and is missing on plain http.
 */
export const uuid = (): string =>
  ((+new Date()).toString(16) + (random += Math.random() / 1e4).toFixed(18))
    .replace(/(.......)(....)..(...)(...)/, "0$1-$2-7$3-8$4-");
