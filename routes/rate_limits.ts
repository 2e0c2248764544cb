import ipaddr from "ipaddr.js";
import { TokenBucket } from "limiter";
import { LRUCache } from "lru-cache";
import { log } from "../log.ts";

/** The sender is too fast; nothing of the request was taken. */
export class TooFast extends Error {
  override name = "TooFast";
  constructor(
    message: string,
    readonly by: "address" | "site" | "attempts",
    readonly retryAfterSeconds: number,
  ) {
    super(message);
  }
}

export interface RateLimitOptions {
  /** Events a second that one address may send for long; 0 is no limit. */
  perAddress: number;
  /** Events a second that one site may get for long; 0 is no limit. */
  perSite: number;
}

// A bucket holds what flows into it in so many seconds: a page that was offline sends all it kept at once.
const BURST_SECONDS = 10;
const SMALLEST_BUCKET = 1_000;
// The least recently seen starts anew with a full bucket.
const MAX_BUCKETS = 50_000;
const MAX_NETWORKS = 5_000;
const WARN_EVERY_MS = 60_000;
// In the library's words.
const NOT_PUBLIC = new Set([
  "loopback",
  "private",
  "uniqueLocal",
  "linkLocal",
  "carrierGradeNat",
  "unspecified",
]);

/** Token buckets: how many events one client address may send, and one site may get. */
export class RateLimits {
  readonly #options: RateLimitOptions;
  readonly #addresses = new LRUCache<string, TokenBucket>({ max: MAX_BUCKETS });
  readonly #sites = new LRUCache<string, TokenBucket>({ max: MAX_BUCKETS });
  #warnedAt = -Infinity;

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /**
   * Takes the events from the address's bucket. An address that is not public has none: it is a proxy's that
   * `TRUST_PROXY` does not know of, or the owner's own server's, and speaks for many.
   *
   * @throws {TooFast}
   */
  takeFromAddress(address: string | undefined, events: number): void {
    if (this.#options.perAddress === 0 || address === undefined) return;
    const network = networkOf(address);
    if (network === undefined) return;
    this.#take("address", this.#addresses, network, this.#options.perAddress, events);
  }

  /** Takes the events from the site's bucket. @throws {TooFast} */
  takeFromSite(siteId: string, events: number): void {
    if (this.#options.perSite === 0) return;
    this.#take("site", this.#sites, siteId, this.#options.perSite, events);
  }

  #take(
    by: "address" | "site",
    buckets: LRUCache<string, TokenBucket>,
    key: string,
    rate: number,
    events: number,
  ): void {
    let bucket = buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket({
        bucketSize: Math.max(rate * BURST_SECONDS, SMALLEST_BUCKET),
        tokensPerInterval: rate,
        interval: "second",
      });
      bucket.content = bucket.bucketSize;
      buckets.set(key, bucket);
    }
    // What is larger than the bucket passes when that is full.
    const tokens = Math.min(events, bucket.bucketSize);
    if (bucket.tryRemoveTokens(tokens)) return;
    this.#warn(by, key, rate);
    throw new TooFast(
      `The ${by} sends more than ${rate} events a second: send these again later`,
      by,
      Math.ceil(bucket.getWaitTime(tokens) / 1000),
    );
  }

  #warn(by: "address" | "site", key: string, rate: number): void {
    if (performance.now() - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = performance.now();
    log.warn("requests are answered 429", {
      [by]: key,
      eventsPerSecond: rate,
      ...(by === "address" ? { hint: "behind a proxy, TRUST_PROXY says whose address counts" } : {}),
    });
  }
}

// A request asks three times, and each time the library would read the address and compare it with all that it knows.
const networks = new LRUCache<string, { network: string | undefined }>({ max: MAX_NETWORKS });

/** Whom an address stands for: itself, of IPv6 the /64 that one household has; undefined where it is not public. */
export function networkOf(address: string): string | undefined {
  let known = networks.get(address);
  if (known === undefined) networks.set(address, known = { network: findNetwork(address) });
  return known.network;
}

function findNetwork(address: string): string | undefined {
  const parsed = ipaddr.parse(address);
  if (NOT_PUBLIC.has(parsed.range())) return undefined;
  return parsed.kind() === "ipv4" ? address : ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`).toString();
}
