/// <reference no-default-lib="true" />
/// <reference lib="es2022" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Delivery. An event is stored before it is sent and deleted once the collector has answered for it, so a crash, a
 * closed tab or a dead collector costs time, not events; the collector knows each `eventId`, so none counts twice.
 */
// deno-lint-ignore-file eqeqeq -- an equals sign is a byte
import { drop, get, keys, put, storage } from "./store.ts";
import { options, src } from "./options.ts";

let failures = 0;

/** Length of the events that are on their way: the oldest ones, so that many characters of the queue are skipped. */
let sending = 0;

/** Sends what waits. `leaving`: the page may be gone before there is an answer. */
export const flush = async (leaving?: unknown): Promise<void> => {
  /** The length of what this call sends. */
  let own = -sending;
  let length = 0;
  // Names of events begin with 0, as a UUIDv7 does until the year 2527; no other does.
  const waiting = keys(0);
  while (waiting[500]) {
    drop(waiting.shift()!);
    put("d", -~(get("d") as unknown as number));
  }
  const endpoint = new URL(options.endpoint || "collect", src);
  // By the clock, not by a timer of this page: other tabs and the next page must wait as well. At most a minute at a
  // time, since a clock may be set back.
  const pause = (get("r") as unknown as number) - (new Date() as unknown as number);
  if (pause > 0) setTimeout(flush, pause % 6e4);
  const taken = waiting.filter((key) =>
    (length += storage[key]!.length) > sending &&
    // A single event that is longer goes alone, without `keepalive`.
    !(pause > 0 || sending && length > 2e4) && (sending = length)
  );
  const body = JSON.stringify(taken.map((key) => ({ ...JSON.parse(storage[key]!), sentAt: new Date() })));
  if ((own += sending)) {
    // A string as the body makes it text/plain, which needs no preflight. A beacon's fate is never known.
    const response = (leaving && !("keepalive" in Request.prototype)
      ? navigator.sendBeacon(endpoint, body)
      // Any function will do that answers something without a status.
      : await fetch(endpoint, { body, method: "POST", keepalive: 2e4 > sending })
        .catch(Date as never)) as Partial<Response>;
    // Not at once: a browser counts what was sent against its 64 KiB until the answer has been read. And a page that is
    // being left fails whatever is on its way, although it arrives: were that taken for a failure of the collector,
    // neither this page's exit nor the next page's view would be sent.
    setTimeout(() => {
      // What else is on its way still is, and is now the oldest: it is not sent again.
      sending -= own;
      if (response.status! < 500 && response.status != 429) {
        // Accepted, or refused for good: a 4xx says the same tomorrow.
        taken.map(drop);
        failures = 0;
      } else {
        put(
          "r",
          +new Date() + ((+response.headers?.get("retry-after")!) || 2 ** failures) * 1e3,
        );
        failures += (failures < 8) as unknown as number;
      }
      flush();
    }, 99);
  }
};
