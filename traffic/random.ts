import { createHash } from "node:crypto";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Chances that come out the same for the same seed, and otherwise for any other. */
export class Random {
  readonly #source;

  /** @param seed anything that JSON can tell */
  constructor(seed: unknown) {
    this.#source = xoroshiro128plus(createHash("sha256").update(JSON.stringify(seed)).digest().readInt32LE());
  }

  /** At least 0, less than 1. */
  share(): number {
    return uniformFloat64(this.#source);
  }

  /** 32 bits. */
  bits(): number {
    return this.#source.next() >>> 0;
  }

  chance(probability: number): boolean {
    return this.share() < probability;
  }

  /** A whole number of `[min, max]`. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.share() * (max - min + 1));
  }

  /** Many small values and few large ones, `mean` on average. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.share());
  }

  pick<T>(values: readonly T[]): T {
    return values[this.whole(0, values.length - 1)]!;
  }

  weighted<T>(choices: Choices<T>): T {
    return choices.at(this.share());
  }
}

/** Values with how often each is taken. */
export class Choices<T> {
  readonly #values: T[] = [];
  readonly #upTo: number[] = [];

  /** @param weights of any sum */
  constructor(weights: Iterable<readonly [value: T, weight: number]>) {
    let sum = 0;
    for (const [value, weight] of weights) {
      this.#values.push(value);
      this.#upTo.push(sum += weight);
    }
    this.#upTo.forEach((weight, i) => this.#upTo[i] = weight / sum);
  }

  /** The value at a share of all weights, in their order. */
  at(share: number): T {
    return this.#values[this.#place(share)]!;
  }

  /** How far into its value's weight a share lies, from 0 to 1. */
  within(share: number): number {
    const place = this.#place(share);
    const from = this.#upTo[place - 1] ?? 0;
    return (share - from) / (this.#upTo[place]! - from);
  }

  #place(share: number): number {
    let first = 0;
    let last = this.#upTo.length - 1;
    while (first < last) {
      const middle = (first + last) >> 1;
      if (this.#upTo[middle]! > share) last = middle;
      else first = middle + 1;
    }
    return first;
  }
}

/** The values, the first one most often: the n-th 1/n as often (Zipf's law, which visits to pages follow). */
export function zipf<T>(values: readonly T[]): Choices<T> {
  return new Choices(values.map((value, i) => [value, 1 / (i + 1)] as const));
}
