import { assertEquals, assertThrows } from "@std/assert";
import { parsePayloads, UnreadableBody } from "../events/payload.ts";

const SITE = { siteId: "example-com" };
const CLICK = { eventType: "click", ...SITE };
const NO_SITE = "siteId is missing: give a string of 1 to 100 characters";
const NO_TYPE = "eventType is missing: give a string of 1 to 50 characters";
const NO_TIME = "must be an ISO 8601 time such as 2026-11-22T08:00:00.000Z";
const TOO_DEEP = "the event must not be nested deeper than 32 levels";

/** What came out, without the fields that are undefined. */
function parse(body: string): unknown {
  const parsed = parsePayloads(body);
  return { ...parsed, accepted: parsed.accepted.map(defined) };
}

function defined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(defined);
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([, field]) => field !== undefined).map((
      [name, field],
    ) => [name, defined(field)]),
  );
}

/** JSON of `levels` objects or lists in each other, the innermost an empty list. */
function nested(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

// The contract's shapes, as existing trackers post them: without eventId and sentAt, null for what they do not know.
const FIELD_PAGEVIEW = {
  eventType: "pageview",
  timestamp: "2025-06-17T10:30:00.000Z",
  sessionId: "sess_1718619000_abc",
  visitorId: "vis_1718000000_def",
  siteId: "example-com",
  url: "https://example.com/products?utm_source=google",
  path: "/products",
  eventData: {},
  attribution: {
    utmParams: {
      utm_source: "google",
      utm_medium: null,
      utm_campaign: null,
      utm_content: null,
      utm_term: null,
    },
    campaignParams: { gclid: null, fbclid: null, msclkid: null },
    referrer: "https://www.google.com/",
    referrerType: "search",
    referrerPlatform: "google",
  },
  browser: {
    userAgent: "Mozilla/5.0",
    language: "en-US",
    screenWidth: 1920,
    devicePixelRatio: 2,
    timezone: null,
  },
  page: {
    title: "Products",
    url: "https://example.com/products",
    path: "/products",
    referrer: "direct",
    hash: "",
  },
};
const FIELD_BATCH = {
  eventType: "batch",
  timestamp: "2025-06-17T10:30:25.000Z",
  sessionId: "sess_1718619000_abc",
  visitorId: "vis_1718000000_def",
  siteId: "example-com",
  batchMetadata: { eventCount: 2, activityDuration: 25000, sentOnExit: true },
  events: [
    { eventType: "scroll_depth", timestamp: "2025-06-17T10:30:05.000Z", eventData: { milestone: 25 } },
    { eventType: "page_exit", timestamp: "2025-06-17T10:30:25.000Z", eventData: null, url: null, path: null },
  ],
};

const ACCEPTED: [string, unknown, unknown][] = [
  ["an existing tracker's pageview, every field of it", FIELD_PAGEVIEW, {
    ...FIELD_PAGEVIEW,
    timestamp: new Date("2025-06-17T10:30:00.000Z"),
  }],
  ["an existing tracker's batch, which has no url", FIELD_BATCH, {
    ...FIELD_BATCH,
    timestamp: new Date("2025-06-17T10:30:25.000Z"),
    events: [
      {
        eventType: "scroll_depth",
        timestamp: new Date("2025-06-17T10:30:05.000Z"),
        eventData: { milestone: 25 },
      },
      { eventType: "page_exit", timestamp: new Date("2025-06-17T10:30:25.000Z") },
    ],
  }],
  ["a site and a type are enough", CLICK, CLICK],
  [
    "null is the same as missing in every optional field",
    {
      ...CLICK,
      eventId: null,
      timestamp: null,
      sentAt: null,
      sessionId: null,
      visitorId: null,
      url: null,
      path: null,
      eventData: null,
      attribution: null,
      browser: null,
      page: null,
    },
    CLICK,
  ],
  ["unknown fields are kept", { ...CLICK, plan: "pro", nested: { list: [1, null, "a"] } }, {
    ...CLICK,
    plan: "pro",
    nested: { list: [1, null, "a"] },
  }],
  ["an id of any UUID version, in any case", { ...CLICK, eventId: "0193E0C2-8D7E-7000-8000-00000000000A" }, {
    ...CLICK,
    eventId: "0193E0C2-8D7E-7000-8000-00000000000A",
  }],
  ["times with an offset", {
    ...CLICK,
    timestamp: "2026-11-22T09:00:00+01:00",
    sentAt: "2026-11-22T08:00:01Z",
  }, {
    ...CLICK,
    timestamp: new Date("2026-11-22T08:00:00Z"),
    sentAt: new Date("2026-11-22T08:00:01Z"),
  }],
  ["texts of the longest length", {
    eventType: "é".repeat(50),
    siteId: "s".repeat(100),
    sessionId: "x".repeat(100),
  }, {
    eventType: "é".repeat(50),
    siteId: "s".repeat(100),
    sessionId: "x".repeat(100),
  }],
  [
    "NULs and lone surrogates leave names and ids, so that what is looked up is what is stored",
    { eventType: "cl\0ick", siteId: "example\0-com", sessionId: "s\ud800", visitorId: "\udc00v" },
    { ...CLICK, sessionId: "s\ufffd", visitorId: "\ufffdv" },
  ],
];

for (const [title, item, expected] of ACCEPTED) {
  Deno.test(`payload: accepts ${title}`, () => {
    assertEquals(parse(JSON.stringify(item)), {
      accepted: [{ index: 0, payload: expected }],
      rejected: [],
      alone: true,
    });
  });
}

const REJECTED: [string, unknown, { path: string; message: string }[]][] = [
  ["an empty object", {}, [{ path: "siteId", message: NO_SITE }, { path: "eventType", message: NO_TYPE }]],
  ...[null, 5, "pageview", true].map((item): typeof REJECTED[number] => [
    `${JSON.stringify(item)} as an event`,
    item,
    [{ path: "", message: "the event must be an object" }],
  ]),
  ["empty names", { eventType: "", siteId: "" }, [
    { path: "siteId", message: "siteId must be of 1 to 100 characters" },
    { path: "eventType", message: "eventType must be of 1 to 50 characters" },
  ]],
  ["names that are too long", {
    eventType: "x".repeat(51),
    siteId: "x".repeat(101),
    sessionId: "x".repeat(101),
  }, [
    { path: "siteId", message: "siteId must be of 1 to 100 characters" },
    { path: "sessionId", message: "sessionId must be of 1 to 100 characters" },
    { path: "eventType", message: "eventType must be of 1 to 50 characters" },
  ]],
  ["names of nothing but NULs", { eventType: "\0", siteId: "\0\0" }, [
    { path: "siteId", message: "siteId must be of 1 to 100 characters" },
    { path: "eventType", message: "eventType must be of 1 to 50 characters" },
  ]],
  [
    "wrong types, each of them named",
    {
      eventType: 5,
      siteId: ["example-com"],
      eventId: 7,
      timestamp: 1_700_000_000_000,
      sentAt: {},
      sessionId: 1,
      visitorId: false,
      url: {},
      path: 0,
      eventData: [],
      attribution: "google",
      browser: 1,
      page: true,
    },
    [
      { path: "siteId", message: "siteId must be a string" },
      { path: "eventId", message: "eventId must be a UUID" },
      { path: "sentAt", message: "sentAt must be a string such as 2026-11-22T08:00:00.000Z" },
      { path: "timestamp", message: "timestamp must be a string such as 2026-11-22T08:00:00.000Z" },
      { path: "sessionId", message: "sessionId must be a string" },
      { path: "visitorId", message: "visitorId must be a string" },
      { path: "url", message: "url must be a string" },
      { path: "path", message: "path must be a string" },
      { path: "eventData", message: "eventData must be an object" },
      { path: "eventType", message: "eventType must be a string" },
      { path: "attribution", message: "attribution must be an object" },
      { path: "browser", message: "browser must be an object" },
      { path: "page", message: "page must be an object" },
    ],
  ],
  ["an id that is no UUID", { ...CLICK, eventId: "0193e0c2" }, [
    { path: "eventId", message: "eventId must be a UUID" },
  ]],
  ...["", "yesterday", "2026-13-01T00:00:00Z", "1969-12-31T23:59:59.999Z", "+010000-01-01T00:00:00Z"].map((
    timestamp,
  ): typeof REJECTED[number] => [
    `the time ${JSON.stringify(timestamp)}`,
    { ...CLICK, timestamp },
    [{ path: "timestamp", message: `timestamp ${NO_TIME}` }],
  ]),
  ["a batch without events", { eventType: "batch", ...SITE }, [
    { path: "events", message: "events must be an array of events" },
  ]],
  ["an empty batch", { eventType: "batch", ...SITE, events: [] }, [
    { path: "events", message: "events must hold at least one event" },
  ]],
  ["a batch of 1,001 events", {
    eventType: "batch",
    ...SITE,
    events: Array(1001).fill({ eventType: "click" }),
  }, [
    { path: "events", message: "events must hold at most 1000 events" },
  ]],
];

for (const [title, item, issues] of REJECTED) {
  Deno.test(`payload: rejects ${title}`, () => {
    assertEquals(parse(JSON.stringify(item)), {
      accepted: [],
      rejected: [{ index: 0, issues }],
      alone: true,
    });
  });
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
