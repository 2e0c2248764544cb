import { assertEquals, assertThrows } from "@std/assert";
import { parsePayloads, UnreadableBody } from "../events/payload.ts";
import { CLICK, NO_TIME, NO_TYPE, parse, SITE } from "./parsed_payload.ts";

const TOO_DEEP = "the event must not be nested deeper than 32 levels";

/** JSON of `levels` objects or lists in each other, the innermost an empty list. */
function nested(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

const UNREADABLE: [string, string, 400 | 413, string][] = [
  ["an empty body", "", 400, "The body is empty: send a JSON event"],
  ["blanks", " \n", 400, "The body is empty: send a JSON event"],
  ["an empty array", "[]", 400, "The array is empty: send 1 to 1,000 events"],
  [
    "1,001 items",
    JSON.stringify(Array(1001).fill(CLICK)),
    413,
    "The array holds 1001 events: send at most 1,000 at a time",
  ],
  [
    "what is cut off",
    '{"eventType":"click"',
    400,
    "The body is not JSON: Expected ',' or '}' after property value in JSON at position 20 (line 1 column 21)",
  ],
];

for (const [title, body, status, message] of UNREADABLE) {
  Deno.test(`payload: cannot read ${title}`, () => {
    const error = assertThrows(() => parsePayloads(body), UnreadableBody);

    assertEquals({ status: error.status, message: error.message }, { status, message });
  });
}

Deno.test("payload: 1,000 items are taken, and each batch may hold 1,000 events", () => {
  const items = Array(999).fill(CLICK);
  const batch = { eventType: "batch", ...SITE, events: Array(1000).fill({ eventType: "click" }) };

  assertEquals(parse(JSON.stringify([...items, batch])), {
    accepted: [...items, batch].map((payload, index) => ({ index, payload })),
    rejected: [],
    alone: false,
  });
});

Deno.test("payload: an invalid item is named by its place and leaves its neighbours alone", () => {
  assertEquals(parse(JSON.stringify([CLICK, null, { ...CLICK, siteId: null }, [CLICK], CLICK])), {
    accepted: [{ index: 0, payload: CLICK }, { index: 4, payload: CLICK }],
    rejected: [
      { index: 1, issues: [{ path: "1", message: "the event must be an object" }] },
      { index: 2, issues: [{ path: "2.siteId", message: "2.siteId must be a string" }] },
      { index: 3, issues: [{ path: "3", message: "the event must be an object" }] },
    ],
    alone: false,
  });
});

Deno.test("payload: an invalid event of a batch is reported, and stays for the ETL to set aside", () => {
  const sent = [
    { eventType: "click", plan: "pro" },
    { eventType: "batch", events: [{ eventType: "click" }] },
    7,
    { timestamp: "soon", eventData: null },
  ];

  assertEquals(parse(JSON.stringify([{ eventType: "batch", ...SITE, events: sent }])), {
    accepted: [{
      index: 0,
      payload: {
        eventType: "batch",
        ...SITE,
        events: [
          sent[0],
          { rejected: "0.events.1.eventType must not be batch inside a batch", event: sent[1] },
          { rejected: "0.events.2 must be an object", event: sent[2] },
          { rejected: `0.events.3.${NO_TYPE}; 0.events.3.timestamp ${NO_TIME}`, event: sent[3] },
        ],
      },
    }],
    rejected: [{
      index: 0,
      issues: [
        { path: "0.events.1.eventType", message: "0.events.1.eventType must not be batch inside a batch" },
        { path: "0.events.2", message: "0.events.2 must be an object" },
        { path: "0.events.3.eventType", message: `0.events.3.${NO_TYPE}` },
        { path: "0.events.3.timestamp", message: `0.events.3.timestamp ${NO_TIME}` },
      ],
    }],
    alone: false,
  });
});

// 130,000 is what fits into a body of 256 KiB.
for (const levels of [32, 10_000, 130_000]) {
  Deno.test(`payload: ${levels} lists in each other are one event's fault, and no overflow`, () => {
    const deep = `{"eventType":"click","siteId":"example-com","eventData":{"list":${nested(levels)}}}`;

    assertEquals(parse(`[${deep},${JSON.stringify(CLICK)}]`), {
      accepted: [{ index: 1, payload: CLICK }],
      rejected: [{ index: 0, issues: [{ path: "0", message: TOO_DEEP }] }],
      alone: false,
    });
  });
}

Deno.test("payload: 32 levels are taken", () => {
  const body = `{"eventType":"click","siteId":"example-com","eventData":{"list":${nested(30)}}}`;

  assertEquals(parse(body), {
    accepted: [{ index: 0, payload: JSON.parse(body) }],
    rejected: [],
    alone: true,
  });
});

Deno.test("payload: a body that is nothing but brackets is rejected", () => {
  assertEquals(parse(nested(130_000)), {
    accepted: [],
    rejected: [{ index: 0, issues: [{ path: "0", message: TOO_DEEP }] }],
    alone: false,
  });
});

Deno.test("payload: names like __proto__ and constructor set no field and no prototype", () => {
  const forged =
    `"__proto__":{"eventId":"x","events":[1],"siteId":"other"},"constructor":{"prototype":{"siteId":"other"}}`;
  const body =
    `{"eventType":"batch","siteId":"example-com",${forged},"events":[{"eventType":"click",${forged},"eventData":{${forged}}}]}`;

  const { accepted, rejected } = parsePayloads(body);

  assertEquals(rejected, []);
  const payload = accepted[0]!.payload;
  const event = payload.events![0] as Record<string, unknown>;
  for (const value of [payload, event, event.eventData]) {
    assertEquals(Object.getPrototypeOf(value), Object.prototype);
  }
  assertEquals([payload.siteId, payload.eventId, payload.events!.length], ["example-com", undefined, 1]);
  assertEquals(event.siteId, undefined);
  assertEquals(({} as Record<string, unknown>).siteId, undefined);
});
