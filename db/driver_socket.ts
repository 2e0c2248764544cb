import { AsyncLocalStorage } from "node:async_hooks";
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";

// Message types of the protocol, https://www.postgresql.org/docs/current/protocol-message-formats.html
const BIND = 0x42, BACKEND_KEY = 0x4b, READY = 0x5a, ROW_DESCRIPTION = 0x54, DATA_ROW = 0x44;
const HEADER_BYTES = 5;
// Names no portal, no statement, no formats and no values.
const BIND_NOTHING = Uint8Array.of(BIND, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0);
const MOST_BUFFERED = 1 << 20;

/** What the statement that is sent next asks of the socket. */
export interface Passage {
  /** It goes through the extended protocol with one parameter that it does not have. */
  withoutParameters: boolean;
  /** Nobody reads its rows. */
  withoutRows: boolean;
}

/**
 * The socket that deno-postgres is given instead of one that it opens itself: as much of a `Deno.Conn` as it
 * uses. It mends what the driver leaves no other way to mend:
 *
 * - its five writes a statement leave as one, when it turns to read: without TCP_NODELAY each waits for the
 *   answer to the one before, 44 ms on loopback;
 * - it is read at all times, so that a server which hangs up is noticed between statements, too;
 * - a statement without parameters can take the extended protocol, which allows one statement only;
 * - the rows of a script stay out of its way: it reads those of the second statement by the first one's columns;
 * - what it keeps to itself can be seen: the transaction's status, and the key that cancels a statement.
 */
export class DriverSocket {
  passage: Passage = { withoutParameters: false, withoutRows: false };
  /** `I` idle, `T` in a transaction, `E` in one that failed; null before the server was ready. */
  transactionStatus: string | null = null;
  processID = 0;
  secretKey = 0;
  readonly writable = {
    getWriter: () => ({ write: (message: Uint8Array) => this.#write(message), ready: Promise.resolve() }),
  };
  readonly #stream: Socket;
  readonly #arrived: Uint8Array[] = [];
  #arrivedBytes = 0;
  #unsent: Uint8Array[] = [];
  /** What is left of the message that the driver reads: its header, its body. */
  #message: Uint8Array[] = [];
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  /** @param stream connected, and encrypted where it has to be */
  constructor(stream: Socket) {
    this.#stream = stream;
    stream.on("data", (bytes: Uint8Array) => {
      this.#arrived.push(bytes);
      this.#arrivedBytes += bytes.length;
      if (this.#arrivedBytes > MOST_BUFFERED) stream.pause();
      this.#wake?.();
    });
  }

  /** Whatever `connect` opens with `Deno.connect` is this socket. */
  carry<T>(connect: () => Promise<T>): Promise<T> {
    return carried.run(this, connect);
  }

  /** Fails whoever reads, now and later. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  async read(into: Uint8Array): Promise<number> {
    if (this.#message.length === 0) {
      this.#send();
      this.#message = await this.#nextMessage();
    }
    const part = this.#message[0]!;
    const count = Math.min(part.length, into.length);
    into.set(part.subarray(0, count));
    if (count === part.length) this.#message.shift();
    else this.#message[0] = part.subarray(count);
    return count;
  }

  close(): void {
    this.#send();
    this.#stream.end();
  }

  #write(message: Uint8Array): Promise<void> {
    this.#unsent.push(this.passage.withoutParameters && message[0] === BIND ? BIND_NOTHING : message);
    return Promise.resolve();
  }

  #send(): void {
    if (this.#unsent.length > 0 && this.#stream.writable) this.#stream.write(Buffer.concat(this.#unsent));
    this.#unsent = [];
  }

  async #nextMessage(): Promise<Uint8Array[]> {
    for (;;) {
      const header = await this.#take(HEADER_BYTES);
      const type = header[0]!;
      const body = await this.#take(viewOf(header).getInt32(1) - 4);
      if (this.passage.withoutRows && (type === ROW_DESCRIPTION || type === DATA_ROW)) continue;
      if (type === READY) this.transactionStatus = String.fromCharCode(body[0]!);
      if (type === BACKEND_KEY) {
        this.processID = viewOf(body).getInt32(0);
        this.secretKey = viewOf(body).getInt32(4);
      }
      return body.length > 0 ? [header, body] : [header];
    }
  }

  /** The next `count` bytes. @throws {Error} If the connection ends before them */
  async #take(count: number): Promise<Uint8Array> {
    while (this.#arrivedBytes < count) {
      if (this.#failure) throw this.#failure;
      // A message may be larger than what is buffered of several.
      this.#stream.resume();
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    this.#arrivedBytes -= count;
    if (this.#arrivedBytes <= MOST_BUFFERED && this.#stream.isPaused()) this.#stream.resume();
    const first = this.#arrived[0];
    if (first && first.length > count) {
      this.#arrived[0] = first.subarray(count);
      return first.subarray(0, count);
    }
    const taken = new Uint8Array(count);
    for (let at = 0; at < count;) {
      const bytes = this.#arrived.shift()!;
      const used = bytes.subarray(0, count - at);
      taken.set(used, at);
      at += used.length;
      if (used.length < bytes.length) this.#arrived.unshift(bytes.subarray(used.length));
    }
    return taken;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const carried = new AsyncLocalStorage<DriverSocket>();
const connect = Deno.connect;

// The driver takes neither a socket nor a function that opens one. Outside `carry` nothing changes.
Deno.connect = ((options: Deno.ConnectOptions) => {
  const socket = carried.getStore();
  return socket ? Promise.resolve(socket) : connect(options);
}) as unknown as typeof Deno.connect;
