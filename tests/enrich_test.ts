import { assertEquals, assertMatch } from "@std/assert";
import { enrichEvent, type SiteContext } from "../events/enrich.ts";
import { parsePayloads } from "../events/payload.ts";
import {
  BROWSER,
  DIRECT,
  enrich,
  FIREFOX,
  json,
  NOW,
  REQUEST,
  type RowCase,
  SENT,
  SITE,
  testRows,
} from "./enriched_rows.ts";

const ROWS: RowCase[] = [
  ["a type and a site are enough", { eventType: "click" }, {}, {}],
  [
    "the page is the event's",
    {
      eventType: "click",
      url: "https://example.com/a?b=c",
      path: "/a",
      timestamp: "2026-11-22T07:59:58.000Z",
      eventData: { href: "/b" },
      plan: "pro",
    },
    { url: "https://example.com/a?b=c", path: "/a", timestamp: "2026-11-22T07:59:58.000Z" },
    {
      url: "https://example.com/a?b=c",
      path: "/a",
      timestamp: "2026-11-22T07:59:58.000Z",
      eventData: { href: "/b" },
      plan: "pro",
    },
  ],
  ["the path is the URL's where there is none", {
    eventType: "click",
    url: "https://example.com/%C3%A4/?b#c",
  }, {
    url: "https://example.com/%C3%A4/?b#c",
    path: "/%C3%A4/",
  }, { url: "https://example.com/%C3%A4/?b#c", path: "/%C3%A4/" }],
  ["a URL that is none stays, without a path", { eventType: "click", url: "a page" }, { url: "a page" }, {
    url: "a page",
  }],
  ["a path alone stays alone", { eventType: "click", path: "/a" }, { path: "/a" }, { path: "/a" }],
  [
    "the user agent that the event names wins over the header",
    {
      eventType: "click",
      browser: { userAgent: "curl/8.5.0" },
    },
    { user_agent: "curl/8.5.0" },
    { browser: { userAgent: "curl/8.5.0" } },
  ],
  [
    "a clock that is an hour behind is set right, and the row says by how much",
    {
      eventType: "click",
      timestamp: "2026-11-22T06:59:30.000Z",
      sentAt: "2026-11-22T07:00:00.000Z",
    },
    { timestamp: "2026-11-22T07:59:30.000Z" },
    { timestamp: "2026-11-22T07:59:30.000Z", sentAt: "2026-11-22T07:00:00.000Z", clockSkew: 3_600_000 },
  ],
  [
    "a clock of another age cannot make a time that Postgres does not take",
    { eventType: "click", timestamp: "1970-01-01T00:00:00.000Z", sentAt: "9999-12-31T23:59:59.000Z" },
    {},
    { sentAt: "9999-12-31T23:59:59.000Z", clockSkew: -251_606_966_399_000 },
  ],
  [
    "secrets leave fields, links and the page's URL",
    {
      eventType: "form_submit",
      url: "https://ada:pw@example.com/join?token=abc",
      path: "/join;jsessionid=1",
      eventData: {
        formAction: "/join?api_key=abc",
        formData: { password: "hunter2", note: "4111 1111 1111 1111", city: "Bonn" },
        href: "https://example.com/?email=a@b.de",
        text: "123-45-6789",
      },
    },
    { url: "https://example.com/join?token=redacted", path: "/join;jsessionid=redacted" },
    {
      url: "https://example.com/join?token=redacted",
      path: "/join;jsessionid=redacted",
      eventData: {
        formAction: "/join?api_key=redacted",
        formData: { password: "[redacted]", note: "[redacted]", city: "Bonn" },
        href: "https://example.com/?email=redacted",
        text: "[redacted]",
      },
    },
  ],
  [
    "secrets leave a page and an attribution that no pageview came with",
    {
      eventType: "click",
      page: { url: "https://example.com/?token=abc", title: "A", hash: "#token=abc", size: 3 },
      attribution: { referrer: "https://example.com/?token=abc", utmParams: {} },
    },
    { url: "https://example.com/?token=redacted", path: "/" },
    {
      url: "https://example.com/?token=redacted",
      path: "/",
      page: { url: "https://example.com/?token=redacted", title: "A", hash: "#token=redacted", size: 3 },
      attribution: { referrer: "https://example.com/?token=redacted", utmParams: {} },
    },
  ],
  [
    "what Postgres cannot hold leaves names and texts",
    { eventType: "cl\0ick", url: "https://example.com/\0a", eventData: { "a\0": "b\ud800" } },
    { url: "https://example.com/a", path: "/a" },
    { eventType: "click", url: "https://example.com/a", path: "/a", eventData: { a: "b\ufffd" } },
  ],
];

testRows(ROWS);

Deno.test("enrich: the country that the request tells goes to every event that it posts", () => {
  const browserOf = (item: Record<string, unknown>) => {
    const { row } = enrich({ ...SENT, ...item }, { country: "CH" });
    return (json(row.raw_event_data) as Record<string, unknown>).browser;
  };

  assertEquals(browserOf({ eventType: "pageview", browser: { timezone: "Europe/Berlin" } }), {
    ...BROWSER,
    timezone: "Europe/Berlin",
    country: "CH",
  });
  assertEquals(browserOf({ eventType: "signup" }), { country: "CH" });
  assertEquals(browserOf({ eventType: "batch", events: [{ eventType: "click" }] }), { country: "CH" });
});

Deno.test("enrich: an event without ids gets an id of its time, and the derived visitor and session", () => {
  const { row } = enrich({ eventType: "click", siteId: "example-com" });

  assertMatch(row.event_id, /^01a20244-e800-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assertEquals([row.session_id, row.visitor_id], ["sess_derived", "vis_derived"]);
});

Deno.test("enrich: the user agent's row says what it means", () => {
  assertEquals(enrich({ ...SENT, eventType: "click" }).agent, {
    user_agent: FIREFOX,
    browser: "Firefox",
    browser_version: "145.0",
    os: "Linux",
    os_version: null,
    device_type: "desktop",
    is_bot: false,
  });
});

Deno.test("enrich: an event without a user agent has no row of one", () => {
  const { row, agent } = enrich({ ...SENT, eventType: "click" }, { userAgent: undefined });

  assertEquals({ column: row.user_agent, agent }, { column: null, agent: null });
});

// The key of user_agents joins the two, and half a surrogate pair is what Postgres refuses.
Deno.test("enrich: texts that are too long are cut, between two characters, and the user agent's row agrees", () => {
  const { row, agent } = enrich({
    ...SENT,
    eventType: "click",
    url: "u".repeat(8191) + "👋",
    path: "p".repeat(2047) + "👋",
    browser: { userAgent: "x".repeat(511) + "👋" },
  });

  assertEquals(
    [row.url, row.path, row.user_agent, agent?.user_agent],
    [
      "u".repeat(8191) + "\ufffd",
      "p".repeat(2047) + "\ufffd",
      "x".repeat(511) + "\ufffd",
      "x".repeat(511) + "\ufffd",
    ],
  );
});

const ADDRESSES: [SiteContext["ipMode"], string | undefined, string | null][] = [
  ["full", "203.0.113.9", "203.0.113.9"],
  ["truncate", "2001:db8:1:2::9", "2001:db8:1::"],
  ["none", "203.0.113.9", null],
  ["full", undefined, null],
];

for (const [ipMode, address, expected] of ADDRESSES) {
  Deno.test(`enrich: where the site keeps addresses ${ipMode}, ${address} is stored as ${expected}`, () => {
    assertEquals(enrich({ ...SENT, eventType: "click" }, { address }, { ipMode }).row.ip_address, expected);
  });
}

Deno.test("enrich: the Referer header is the page of a pageview that names none, and of nothing else", () => {
  const request = { referer: "https://example.com/mail?token=a&x=1" };
  const page = (item: Record<string, unknown>) => {
    const { row } = enrich({ ...SENT, ...item }, request);
    return [row.url, row.path];
  };

  assertEquals(page({ eventType: "pageview" }), ["https://example.com/mail?token=redacted&x=1", "/mail"]);
  assertEquals(page({ eventType: "pageview", path: "/p" }), [null, "/p"]);
  assertEquals(page({ eventType: "pageview", url: "https://example.com/q" }), [
    "https://example.com/q",
    "/q",
  ]);
  assertEquals(page({ eventType: "click" }), [null, null]);
});

Deno.test("enrich: a referrer from one of the site's domains is internal", () => {
  const { row } = enrich(
    {
      ...SENT,
      eventType: "pageview",
      url: "https://shop.example/",
      page: { referrer: "https://blog.example/a" },
    },
    {},
    { domains: ["shop.example", "blog.example"] },
  );

  assertEquals((json(row.raw_event_data) as Record<string, unknown>).attribution, {
    ...DIRECT,
    referrer: "https://blog.example/a",
    referrerType: "internal",
  });
});

const LANGUAGES: [string | undefined, string | null][] = [
  ["de-AT,de;q=0.9,en;q=0.8", "de-AT"],
  ["en;q=0.5", "en"],
  ["zh-Hant-TW", "zh-Hant-TW"],
  ["*", null],
  ["", null],
  ["<script>", null],
  [undefined, null],
];

for (const [acceptLanguage, expected] of LANGUAGES) {
  Deno.test(`enrich: of Accept-Language ${acceptLanguage}, the language is ${expected}`, () => {
    const raw = enrich({ ...SENT, eventType: "pageview" }, { acceptLanguage }).row.raw_event_data;

    assertEquals((json(raw) as Record<string, unknown>).browser, { userAgent: FIREFOX, language: expected });
  });
}

Deno.test("enrich: fields called __proto__ set no prototype and no column", () => {
  const forged = `"__proto__":{"url":"https://evil.test/","timestamp":"x"}`;
  const { accepted } = parsePayloads(
    `{"eventType":"batch","siteId":"example-com",${forged},"events":[{"eventType":"click",${forged},"eventData":{"a":{${forged}}}}]}`,
  );

  const { row } = enrichEvent(accepted[0]!.payload, REQUEST, SITE, { visitorId: "v", sessionId: "s" });

  assertEquals([row.url, row.timestamp], [null, NOW]);
  assertEquals(
    JSON.stringify((row.raw_event_data as { events: unknown }).events),
    `[{"eventData":{"a":{${forged}}},"eventType":"click","timestamp":"${NOW}"}]`,
  );
});
