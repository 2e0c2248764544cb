/** Too much is being read already. */
export class BodiesFull extends Error {
  override name = "BodiesFull";
}

/** The room of one body; given back when it is disposed of. */
export interface BodyRoom extends Disposable {
  /** Takes room for so many bytes more. @throws {BodiesFull} */
  take(bytes: number): void;
}

// Of this the senders of slow bodies can make us hold so much, all together …
const TOTAL_BYTES = 64 * 1024 * 1024;
// … and so much each, so that one of them does not keep the others out.
const SENDER_BYTES = 8 * 1024 * 1024;

/** How many bytes of bodies may be on their way at a time. */
export class BodyBudget {
  // Whose bodies are being read, so no more than there are requests. An LRU cache of 50,000 clears all its places when
  // its last entry goes: 400 µs a request of a sender who is alone.
  readonly #senders = new Map<string, number>();
  #bytes = 0;

  /** @param sender whoever shares a part of the room; undefined has no part of its own, a proxy say */
  open(sender: string | undefined): BodyRoom {
    let taken = 0;
    return {
      take: (bytes) => {
        const own = sender === undefined ? -Infinity : this.#senders.get(sender) ?? 0;
        if (this.#bytes + bytes > TOTAL_BYTES || own + bytes > SENDER_BYTES) {
          throw new BodiesFull("Too many bodies are being read; send this again");
        }
        taken += bytes;
        this.#add(sender, bytes);
      },
      [Symbol.dispose]: () => this.#add(sender, -taken),
    };
  }

  #add(sender: string | undefined, bytes: number): void {
    this.#bytes += bytes;
    if (sender === undefined) return;
    const own = (this.#senders.get(sender) ?? 0) + bytes;
    if (own > 0) this.#senders.set(sender, own);
    else this.#senders.delete(sender);
  }
}
