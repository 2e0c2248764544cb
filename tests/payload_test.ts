import { assertEquals } from "@std/assert";
import { CLICK, NO_TIME, NO_TYPE, parse, SITE } from "./parsed_payload.ts";

const NO_SITE = "siteId is missing: give a string of 1 to 100 characters";

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
