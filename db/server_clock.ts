/**
 * The clock of the database's server as its answers show it: never ahead of the real one, behind by the time that an
 * answer takes. Our own clock plays no part in it.
 */
export class ServerClock {
  #heard: { time: number; at: number } | undefined;

  get isKnown(): boolean {
    return this.#heard !== undefined;
  }

  /** The server has just answered that it is `time`. */
  heard(time: Date): void {
    this.#heard = { time: time.getTime(), at: performance.now() };
  }

  /** A time that the server's clock will have passed in `milliseconds`; undefined where it was never heard. */
  after(milliseconds: number): Date | undefined {
    if (!this.#heard) return undefined;
    return new Date(this.#heard.time + performance.now() - this.#heard.at + milliseconds);
  }
}
