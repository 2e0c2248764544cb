import { BROWSER, DIRECT, NOW, PAGE, type RowCase, testRows } from "./enriched_rows.ts";

const ROWS: RowCase[] = [
  [
    "a batch completes its events, with the batch's time where one has none",
    {
      eventType: "batch",
      timestamp: "2026-11-22T07:59:59.000Z",
      batchMetadata: { eventCount: 3 },
      events: [
        { eventType: "click", timestamp: "2026-11-22T07:59:58.000Z", eventData: { href: "/?token=a" } },
        { eventType: "scroll", url: "https://example.com/s?token=a", eventData: null },
        { eventType: "pageview", path: "/p" },
      ],
    },
    { event_type: "batch", timestamp: "2026-11-22T07:59:59.000Z" },
    {
      eventType: "batch",
      timestamp: "2026-11-22T07:59:59.000Z",
      batchMetadata: { eventCount: 3 },
      events: [
        {
          eventType: "click",
          timestamp: "2026-11-22T07:59:58.000Z",
          eventData: { href: "/?token=redacted" },
        },
        {
          eventType: "scroll",
          timestamp: "2026-11-22T07:59:59.000Z",
          url: "https://example.com/s?token=redacted",
          path: "/s",
        },
        {
          eventType: "pageview",
          timestamp: "2026-11-22T07:59:59.000Z",
          path: "/p",
          attribution: DIRECT,
          browser: BROWSER,
          page: { ...PAGE, path: "/p" },
        },
      ],
    },
  ],
  [
    "a skewed clock is set right in every event of a batch",
    {
      eventType: "batch",
      timestamp: "2026-11-22T06:59:59.000Z",
      sentAt: "2026-11-22T07:00:00.000Z",
      events: [
        { eventType: "click", timestamp: "2026-11-22T06:59:00.000Z" },
        { eventType: "click", timestamp: "1970-01-01T00:00:00.000Z" },
        { eventType: "click", timestamp: "2026-11-22T07:59:00.000Z" },
      ],
    },
    { event_type: "batch", timestamp: "2026-11-22T07:59:59.000Z" },
    {
      eventType: "batch",
      timestamp: "2026-11-22T07:59:59.000Z",
      sentAt: "2026-11-22T07:00:00.000Z",
      clockSkew: 3_600_000,
      events: [
        { eventType: "click", timestamp: "2026-11-22T07:59:00.000Z" },
        { eventType: "click", timestamp: "1970-01-01T01:00:00.000Z" },
        { eventType: "click", timestamp: NOW },
      ],
    },
  ],
  [
    "events of a batch that are not valid stay without their secrets",
    {
      eventType: "batch",
      events: [
        null,
        "4111111111111111",
        [{ password: "x" }],
        { eventType: 5, password: "x", url: "/?token=a", timestamp: "2026-99-99T00:00:00Z" },
        { eventType: "click", timestamp: 5, eventData: null },
        { eventType: "click", eventData: "4111111111111111" },
        { eventType: "click", eventData: ["a"], url: 7, page: [] },
        { eventType: "pageview", attribution: 3, browser: "x", page: null },
      ],
    },
    { event_type: "batch" },
    {
      eventType: "batch",
      events: [
        { rejected: "events.0 must be an object", event: null },
        { rejected: "events.1 must be an object", event: "[redacted]" },
        { rejected: "events.2 must be an object", event: [{ password: "[redacted]" }] },
        {
          rejected:
            "events.3.eventType must be a string; events.3.timestamp must be an ISO 8601 time such as " +
            "2026-11-22T08:00:00.000Z",
          event: {
            eventType: 5,
            password: "[redacted]",
            url: "/?token=redacted",
            timestamp: "2026-99-99T00:00:00Z",
          },
        },
        {
          rejected: "events.4.timestamp must be a string such as 2026-11-22T08:00:00.000Z",
          event: { eventType: "click", timestamp: 5, eventData: null },
        },
        {
          rejected: "events.5.eventData must be an object",
          event: { eventType: "click", eventData: "[redacted]" },
        },
        {
          rejected: "events.6.url must be a string; events.6.eventData must be an object",
          event: { eventType: "click", eventData: ["a"], url: 7, page: [] },
        },
        { eventType: "pageview", timestamp: NOW, attribution: DIRECT, browser: BROWSER, page: PAGE },
      ],
    },
  ],
];

testRows(ROWS);
