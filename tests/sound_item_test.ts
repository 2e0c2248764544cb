import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { batch, inBatch, single } from "../events/payload.ts";
import { readSoundItem, readSoundNested } from "../events/sound_item.ts";
import { at, batch as batchItem, pageview } from "./fixtures.ts";
import { wildEvent, wildValue } from "./wild_json.ts";

const RUNS = 5_000;
const CLICK = { eventType: "click", timestamp: at(5), eventData: { tagName: "A", position: { x: 1, y: 2 } } };
const ID = "0193e0c2-8d7e-7000-8000-000000000001";

type Fields = Record<string, unknown>;

/** A field that is missing, and one that is undefined, mean the same. */
function defined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined));
}

/** What zod makes of it; undefined where it is not valid. */
function readByZod(schema: typeof single | typeof inBatch, item: unknown): Fields | undefined {
  const { success, data } = schema.safeParse(item);
  return success ? defined(data) : undefined;
}

function schemaOf(item: unknown): typeof single {
  return (item as Fields | null)?.eventType === "batch" ? batch : single;
}

// On the borders of what is valid, where two definitions would part.
const BORDERLINE = fc.record({
  eventType: fc.constantFrom("", "click", "batch", "x".repeat(50), "x".repeat(51), "é".repeat(50), 5, null),
  siteId: fc.constantFrom(
    "a",
    "",
    "s".repeat(100),
    "s".repeat(101),
    "😀".repeat(50),
    "😀".repeat(51),
    null,
    [],
  ),
  eventId: fc.constantFrom(ID, ID.toUpperCase(), `${ID}0`, `${ID}\n`, ID.replaceAll("-", ""), "", null, 7),
  sessionId: fc.constantFrom("s", "", "s".repeat(101), null, {}),
  visitorId: fc.constantFrom("v", "", "v".repeat(100), false),
  timestamp: fc.oneof(
    fc.constantFrom(at(0), "2026-11-22T09:00:00+0100", "2026-02-30T00:00:00Z", "1969-12-31T23:59:59.999Z"),
    fc.constantFrom(
      "9999-12-31T23:59:59.999Z",
      "9999-12-31T23:59:59-01:00",
      "2026-11-22T24:00Z",
      null,
      0,
      "",
    ),
  ),
  sentAt: fc.constantFrom(at(1), "soon", null, {}),
  url: fc.constantFrom("https://example.com/", "", null, 1),
  path: fc.constantFrom("/", "", null, {}),
  eventData: fc.constantFrom({}, CLICK, [], null, "x", JSON.parse('{"__proto__":{"a":1}}')),
  attribution: fc.constantFrom({}, [], null, { constructor: 1 }),
  browser: fc.constantFrom({}, true, null, { hasOwnProperty: null }),
  page: fc.constantFrom({ title: "x" }, 0, null, JSON.parse('{"__proto__":null}')),
  events: fc.constantFrom([CLICK], [], Array(1000).fill(1), Array(1001).fill(CLICK), null, {}, { length: 1 }),
  own: fc.constantFrom(1, null, [null]),
  constructor: fc.constantFrom({}, null),
}, { requiredKeys: [] }).map((fields) => JSON.stringify({ eventType: "click", siteId: "a", ...fields }));

const item = fc.oneof(BORDERLINE, wildEvent, wildValue).map((json) => JSON.parse(json));

Deno.test("an item that is read without zod comes out as zod gives it", () => {
  let sound = 0;
  fc.assert(
    fc.property(item, (value) => {
      const read = readSoundItem(value);
      if (read === undefined) return;
      sound++;
      assertEquals(defined(read), readByZod(schemaOf(value), value));
    }),
    {
      numRuns: RUNS,
      examples: [[JSON.parse('{"eventType":"click","siteId":"a","__proto__":{"siteId":"b"}}')]],
    },
  );
  assertEquals(sound > RUNS / 20, true, `only ${sound} of ${RUNS} items were sound`);
});

Deno.test("an event of a batch that is read without zod comes out as zod gives it", () => {
  let sound = 0;
  fc.assert(
    fc.property(item, (value) => {
      const read = readSoundNested(value);
      if (read === undefined) return;
      sound++;
      assertEquals(defined(read), readByZod(inBatch, value));
    }),
    { numRuns: RUNS },
  );
  assertEquals(sound > RUNS / 20, true, `only ${sound} of ${RUNS} events were sound`);
});

const SOUND: [string, Fields][] = [
  ["a pageview", pageview()],
  ["a pageview with its id and both times", pageview({ eventId: ID, sentAt: at(1) })],
  ["a batch", batchItem([CLICK], { eventId: ID, sentAt: at(61) })],
];
for (const [title, sent] of SOUND) {
  Deno.test(`what trackers send needs no zod: ${title}`, () => {
    assertEquals(readSoundItem(sent) as unknown, readByZod(schemaOf(sent), sent));
  });
}

Deno.test("what trackers send needs no zod: a click within a batch", () => {
  assertEquals(readSoundNested(CLICK), readByZod(inBatch, CLICK));
});
