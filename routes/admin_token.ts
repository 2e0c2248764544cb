import { createHash, timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import { addressOf } from "./client.ts";
import { Attempts, guesser } from "./attempts.ts";
import type { Connection } from "./services.ts";

// Whoever may type the token mistypes it a few times; whoever guesses gets 14,400 tries a day.
const PER_ADDRESS = { burst: 10, seconds: 6 };
const EVERYBODY = "everybody";

/** The admin token, and how often an address may be wrong about it, by whatever way it sends one. */
export class AdminToken {
  readonly #digest: Uint8Array;
  readonly #attempts = new Attempts(PER_ADDRESS);
  readonly #trustProxy: number;
  readonly #isEqual: (a: Uint8Array, b: Uint8Array) => boolean;

  /** @param isEqual compares in a time that tells nothing about what is compared */
  constructor(token: string, trustProxy: number, isEqual = timingSafeEqual) {
    this.#digest = digestOf(token);
    this.#trustProxy = trustProxy;
    this.#isEqual = isEqual;
  }

  /**
   * Whether `candidate`, which came with this request, is the token.
   *
   * @param overall what all addresses may be wrong about together, where that is limited
   * @throws {TooFast}
   */
  check<E extends Connection>(c: Context<E>, candidate: string, overall?: Attempts): boolean {
    const key = guesser(addressOf(c, this.#trustProxy));
    // All within one turn: requests that come at the same time do not take each other's room.
    this.#attempts.admit(key);
    // Last: an address that has to wait takes nothing from the others.
    overall?.admit(EVERYBODY);
    // Digests are equally long, so a candidate's length tells nothing either.
    const isRight = this.#isEqual(digestOf(candidate), this.#digest);
    if (isRight) {
      this.#attempts.forgive(key);
      overall?.forgive(EVERYBODY);
    }
    return isRight;
  }
}

/** What follows `Authorization: Bearer`; undefined where there is no such header, empty where it says anything else. */
export function bearerOf(c: Context): string | undefined {
  const header = c.req.header("authorization");
  return header === undefined ? undefined : /^bearer +([\x21-\x7e]+)$/i.exec(header)?.[1] ?? "";
}

function digestOf(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
