import type { BodyRoom } from "./body_budget.ts";

/** Why a body was not read to its end. */
export class BodyRefused extends Error {
  override name = "BodyRefused";
  constructor(message: string, readonly status: 400 | 408 | 413 | 415) {
    super(message);
  }
}

export interface BodyLimits {
  /** Largest body, unpacked. */
  maxBytes: number;
  /** Longest time until its last byte is there, in milliseconds. */
  patience: number;
}

const ENCODINGS: Record<string, CompressionFormat> = { gzip: "gzip", "x-gzip": "gzip", deflate: "deflate" };

/**
 * The body as text, unpacked where `Content-Encoding` says gzip or deflate; bytes that are no UTF-8 become U+FFFD.
 *
 * @param room what is read takes from it: what was declared at once, the rest as it comes
 * @throws {BodiesFull} If there is none
 * @throws {BodyRefused} If it is too large (also when it only gets so by unpacking), too slow, or packed in a way
 * that we do not know
 */
export async function readBody(
  request: Request,
  { maxBytes, patience }: BodyLimits,
  room: BodyRoom,
): Promise<string> {
  // The server's HTTP library sees to it that no more comes than was declared.
  const declared = request.headers.get("content-length");
  if (Number(declared) > maxBytes) throw tooLarge(maxBytes);
  room.take(Number(declared));
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() || "identity";
  if (encoding !== "identity" && !ENCODINGS[encoding]) {
    throw new BodyRefused(`The encoding ${encoding} is not known here: send gzip, deflate or none`, 415);
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooSlow = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new BodyRefused(`The body took longer than ${patience / 1000} s`, 408)),
      patience,
    );
  });
  try {
    if (encoding === "identity" && declared !== null) return await Promise.race([request.text(), tooSlow]);
    const stream = unpack(request.body ?? new Blob().stream(), ENCODINGS[encoding]);
    return await readText(stream, maxBytes, room, tooSlow);
  } finally {
    clearTimeout(timer);
  }
}

function unpack(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  format: CompressionFormat | undefined,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return format === undefined ? stream : stream.pipeThrough(new DecompressionStream(format));
}

async function readText(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  maxBytes: number,
  room: BodyRoom,
  tooSlow: Promise<never>,
): Promise<string> {
  const reader = stream.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), tooSlow]);
      if (done) return await new Blob(chunks).text();
      bytes += value.byteLength;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      room.take(value.byteLength);
      chunks.push(value);
    }
  } catch (error) {
    void reader.cancel(error).catch(() => {});
    // The unpacker's own: «corrupt gzip stream …».
    if (error instanceof TypeError) {
      throw new BodyRefused(
        "The body cannot be unpacked: it is not what Content-Encoding says, or cut off",
        400,
      );
    }
    throw error;
  }
}

function tooLarge(maxBytes: number): BodyRefused {
  return new BodyRefused(`The body is larger than ${maxBytes / 1024} KiB: send fewer events at a time`, 413);
}
