import { assertEquals, assertRejects } from "@std/assert";
import { BodyRefused, readBody } from "../routes/body.ts";
import { BodiesFull, BodyBudget } from "../routes/body_budget.ts";
import { pageview, testApp } from "./fixtures.ts";

const LIMITS = { maxBytes: 1024, patience: 10_000 };
const room = new BodyBudget().open("203.0.113.77");

function post(body: BodyInit, headers: Record<string, string> = {}): Request {
  return new Request("http://localhost/collect", { method: "POST", body, headers });
}

function pack(bytes: Uint8Array<ArrayBuffer>, format: CompressionFormat): ReadableStream {
  return new Blob([bytes]).stream().pipeThrough(new CompressionStream(format));
}

/** The chunks, as a body whose length nobody has declared. */
function chunked(...chunks: string[]): ReadableStream {
  return ReadableStream.from(chunks.map((chunk) => new TextEncoder().encode(chunk)));
}

const READ: [string, Request, string][] = [
  ["a body with a length", post("größe"), "größe"],
  [
    "a body in chunks, cut in the middle of a character",
    post(ReadableStream.from([Uint8Array.of(0xc3), Uint8Array.of(0xbc)])),
    "ü",
  ],
  ["an empty body", post(""), ""],
  ["no body", new Request("http://localhost/", { method: "POST" }), ""],
  ["bytes that are no UTF-8", post(Uint8Array.of(0x61, 0xff)), "a\ufffd"],
  ["gzip", post(pack(new TextEncoder().encode("packed"), "gzip"), { "content-encoding": "gzip" }), "packed"],
  [
    "deflate",
    post(pack(new TextEncoder().encode("packed"), "deflate"), { "content-encoding": "Deflate" }),
    "packed",
  ],
  ["a body of just the limit", post("x".repeat(1024)), "x".repeat(1024)],
];
for (const [title, request, text] of READ) {
  Deno.test(`a body is read: ${title}`, async () => {
    assertEquals(await readBody(request, LIMITS, room), text);
  });
}

const MEGABYTES = new Uint8Array(50 * 1024 * 1024);
const REFUSED: [string, () => Request, number, string][] = [
  [
    "declared too large",
    () => post("x".repeat(1025)),
    413,
    "The body is larger than 1 KiB: send fewer events at a time",
  ],
  [
    "too large in chunks",
    () => post(chunked("x".repeat(1000), "x".repeat(25))),
    413,
    "The body is larger than 1 KiB: send fewer events at a time",
  ],
  [
    "a gzip bomb",
    () => post(pack(MEGABYTES, "gzip"), { "content-encoding": "gzip" }),
    413,
    "The body is larger than 1 KiB: send fewer events at a time",
  ],
  [
    "an unknown encoding",
    () => post("x", { "content-encoding": "zstd" }),
    415,
    "The encoding zstd is not known here: send gzip, deflate or none",
  ],
];
for (const [title, request, status, message] of REFUSED) {
  Deno.test(`a body is refused: ${title}`, async () => {
    const error = await assertRejects(() => readBody(request(), LIMITS, room), BodyRefused);
    assertEquals([error.status, error.message], [status, message]);
  });
}

Deno.test("a body that is not what its encoding says is refused as such", async () => {
  const request = post("not packed", { "content-encoding": "gzip" });
  const error = await assertRejects(
    () => readBody(request, LIMITS, room),
    BodyRefused,
    "The body cannot be unpacked",
  );
  assertEquals(error.status, 400);
});

for (const [title, headers] of [["with a length", { "content-length": "100" }], ["in chunks", {}]] as const) {
  Deno.test(`a body ${title} that does not end is given up`, async () => {
    const { readable, writable } = new TransformStream();
    const request = post(readable, headers);
    const error = await assertRejects(
      () => readBody(request, { maxBytes: 1024, patience: 20 }, room),
      BodyRefused,
    );
    assertEquals([error.status, error.message], [408, "The body took longer than 0.02 s"]);
    await writable.abort().catch(() => {});
  });
}

Deno.test("POST /collect takes gzip, and answers a bomb as a problem", async () => {
  await using app = await testApp();
  const event = new TextEncoder().encode(JSON.stringify(pageview({ path: "/packed" })));
  const send = (body: BodyInit) =>
    app.request("/collect", { method: "POST", body, headers: { "content-encoding": "gzip" } });

  const taken = await send(pack(event, "gzip"));
  assertEquals([taken.status, (await taken.json()).accepted], [202, 1]);
  const bomb = await send(pack(MEGABYTES, "gzip"));
  assertEquals([bomb.status, await bomb.json()], [413, {
    type: "about:blank",
    title: "Too large",
    status: 413,
    detail: "The body is larger than 256 KiB: send fewer events at a time",
  }]);
  assertEquals(await app.rows("select path from events_log"), [{ path: "/packed" }]);
});

Deno.test("the bodies of one sender, and those of all, have so much room; what is read gives it back", () => {
  const budget = new BodyBudget();
  const MB = 1024 * 1024;
  const takes = (sender: string | undefined, bytes: number) => {
    try {
      const room = budget.open(sender);
      room.take(bytes);
      return room;
    } catch (error) {
      if (error instanceof BodiesFull) return undefined;
      throw error;
    }
  };
  const first = takes("203.0.113.1", 8 * MB);
  assertEquals([takes("203.0.113.1", 1), takes("203.0.113.2", 9 * MB)], [undefined, undefined]);
  first![Symbol.dispose]();
  const rooms = [1, 2, 3, 4].map((sender) => takes(`203.0.113.${sender}`, 8 * MB));
  rooms.push(takes(undefined, 32 * MB));
  assertEquals(rooms.map((room) => room !== undefined), [true, true, true, true, true]);
  assertEquals(takes("203.0.113.5", 1), undefined);
  for (const room of rooms) room![Symbol.dispose]();
  assertEquals(takes("203.0.113.5", 8 * MB) !== undefined, true);
});
