import { TokenBucket } from "limiter";
import { LRUCache } from "lru-cache";
import { networkOf, TooFast } from "./rate_limits.ts";

/** So many wrong secrets at once, then one more every `seconds`. */
export interface AttemptLimit {
  burst: number;
  seconds: number;
}

const MAX_BUCKETS = 50_000;

/** Token buckets: how often somebody may be wrong about a secret. */
export class Attempts {
  readonly #limit: AttemptLimit;
  readonly #buckets = new LRUCache<string, TokenBucket>({ max: MAX_BUCKETS });

  constructor(limit: AttemptLimit) {
    this.#limit = limit;
  }

  /**
   * To be called before a secret is looked at: were the right one let through all the same, it would be found by
   * trying on.
   *
   * @throws {TooFast}
   */
  admit(key: string): void {
    const bucket = this.#bucketOf(key);
    if (bucket.tryRemoveTokens(1)) return;
    throw new TooFast(
      "Too many wrong attempts: try again later",
      "attempts",
      Math.ceil(bucket.getWaitTime(1) / 1000),
    );
  }

  /** It was the right one: that takes nothing. */
  forgive(key: string): void {
    const bucket = this.#bucketOf(key);
    bucket.content = Math.min(bucket.content + 1, bucket.bucketSize);
  }

  #bucketOf(key: string): TokenBucket {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket({
        bucketSize: this.#limit.burst,
        tokensPerInterval: 1,
        interval: this.#limit.seconds * 1000,
      });
      bucket.content = bucket.bucketSize;
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }
}

/** Whom an address stands for here. Unlike with events, one that is not public counts as well. */
export function guesser(address: string | undefined): string {
  return address === undefined ? "unknown" : networkOf(address) ?? address;
}
