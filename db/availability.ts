import { log } from "../log.ts";
import { describeOutage } from "./outage.ts";

// So soon after the database is back events go there again.
const ASK_EVERY_MS = 500;

/** Since when the database takes no writes, and why, in a phrase that anybody may read. */
export interface Absence {
  since: Date;
  reason: string;
}

/**
 * Whether the database takes writes, as far as this process knows (a circuit breaker). Whoever finds it away
 * says so; then nobody else has to wait for it to find out, until it has answered a probe.
 */
export class Availability implements Disposable {
  readonly #probe: () => Promise<unknown>;
  readonly #listeners: (() => void)[] = [];
  #absence: Absence | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #disposed = false;

  /** @param probe succeeds where a write would; it must give up by itself */
  constructor(probe: () => Promise<unknown>) {
    this.#probe = probe;
  }

  /** Undefined while the database is there. */
  get absence(): Absence | undefined {
    return this.#absence;
  }

  /** `listener` is called each time that the database is back. */
  onReturn(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** A statement has failed because of the database, not because of itself. */
  lost(error: unknown): void {
    if (this.#absence || this.#disposed) return;
    this.#absence = { since: new Date(), reason: describeOutage(error) };
    log.warn("the database takes no events", { error });
    this.#askLater();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  #askLater(): void {
    if (!this.#disposed) this.#timer = setTimeout(() => void this.#ask(), ASK_EVERY_MS);
  }

  async #ask(): Promise<void> {
    try {
      await this.#probe();
    } catch (error) {
      const reason = describeOutage(error);
      if (reason !== this.#absence!.reason) log.warn("the database still takes no events", { error });
      this.#absence!.reason = reason;
      return this.#askLater();
    }
    const seconds = Math.round((Date.now() - this.#absence!.since.getTime()) / 1000);
    this.#absence = undefined;
    log.info("the database takes events again", { seconds });
    for (const listener of this.#listeners) listener();
  }
}
