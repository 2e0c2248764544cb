import { assertEquals } from "@std/assert";
import { saveSite } from "../db/site_directory.ts";
import { readDomain } from "../events/site_settings.ts";
import { answer } from "./answer.ts";
import { batch, pageview, testApp } from "./fixtures.ts";

const ID = "0193e0c2-8d7e-7000-8000-000000000001";

const INVALID: [title: string, body: unknown, status: number, detail: string, errors?: unknown][] = [
  ["an empty body", "", 400, "The body is empty: send a JSON event"],
  ["an empty array", [], 400, "The array is empty: send 1 to 1,000 events"],
  [
    "an event without type and site",
    {},
    400,
    "No event could be accepted: siteId is missing: give a string of 1 to 100 characters",
    [
      { path: "siteId", message: "siteId is missing: give a string of 1 to 100 characters" },
      { path: "eventType", message: "eventType is missing: give a string of 1 to 50 characters" },
    ],
  ],
  [
    "an id that is no UUID",
    pageview({ eventId: "7" }),
    400,
    "No event could be accepted: eventId must be a UUID",
    [{ path: "eventId", message: "eventId must be a UUID" }],
  ],
  [
    "a time that is none",
    [pageview({ timestamp: "yesterday" })],
    400,
    "No event could be accepted: 0.timestamp must be an ISO 8601 time such as 2026-11-22T08:00:00.000Z",
    [{
      path: "0.timestamp",
      message: "0.timestamp must be an ISO 8601 time such as 2026-11-22T08:00:00.000Z",
    }],
  ],
  [
    "a type that is too long",
    pageview({ eventType: "x".repeat(51) }),
    400,
    "No event could be accepted: eventType must be of 1 to 50 characters",
  ],
  [
    "a batch without events",
    batch([]),
    400,
    "No event could be accepted: events must hold at least one event",
  ],
  ["text", '"pageview"', 400, "No event could be accepted: the event must be an object"],
  ["null", "null", 400, "No event could be accepted: the event must be an object"],
  [
    "1,001 events",
    Array.from({ length: 1001 }, () => ({ eventType: "x", siteId: "x" })),
    413,
    "The array holds 1001 events: send at most 1,000 at a time",
  ],
  [
    "257 KiB",
    pageview({ padding: "x".repeat(257 * 1024) }),
    413,
    "The body is larger than 256 KiB: send fewer events at a time",
  ],
];

Deno.test("POST /collect answers a problem that says what was wrong", async (t) => {
  await using app = await testApp();
  for (const [title, body, status, detail, errors] of INVALID) {
    await t.step(title, async () => {
      const response = await app.collect(body);
      assertEquals(response.headers.get("content-type"), "application/problem+json");
      assertEquals(response.headers.get("access-control-allow-origin"), "*");
      const [actualStatus, problem] = await answer(response) as [number, Record<string, unknown>];
      assertEquals([actualStatus, problem.status, problem.type, problem.detail], [
        status,
        status,
        "about:blank",
        detail,
      ]);
      if (errors) assertEquals(problem.errors, errors);
    });
  }
  assertEquals(await app.rows("select * from events_log"), []);
});

Deno.test("POST /collect stores the valid part of an array and names the rest", async () => {
  await using app = await testApp();
  const response = await app.collect([pageview({ path: "/a" }), { siteId: "x" }, pageview({ path: "/b" })]);
  assertEquals(await answer(response), [202, {
    status: "accepted",
    accepted: 2,
    rejected: [{ index: 1, message: "1.eventType is missing: give a string of 1 to 50 characters" }],
  }]);
  assertEquals(await app.rows("select path from events_log order by path"), [{ path: "/a" }, { path: "/b" }]);
});

Deno.test("a batch with an unusable event is stored, the event is reported and set aside", async () => {
  await using app = await testApp();
  const response = await app.collect(
    batch([{ eventType: "click", eventData: {} }, { eventData: { password: "x" } }], { eventId: ID }),
  );
  assertEquals(await answer(response), [202, {
    status: "accepted",
    accepted: 1,
    event_id: ID,
    rejected: [{ index: 0, message: "events.1.eventType is missing: give a string of 1 to 50 characters" }],
  }]);
  await app.etl();
  assertEquals(await app.rows("select event_type from user_events"), [{ event_type: "click" }]);
  assertEquals(await app.rows("select reason, event from failed_events"), [
    {
      reason: "events.1.eventType is missing: give a string of 1 to 50 characters",
      event: { eventData: { password: "[redacted]" } },
    },
  ]);
});

Deno.test("one event that Postgres cannot hold does not fail its neighbours", async () => {
  await using app = await testApp();
  const deep = JSON.parse("[".repeat(4000) + "]".repeat(4000));
  const response = await app.collect([
    pageview({ path: "/a\0b" }),
    pageview({ deep, path: "/deep" }),
    pageview({ path: "/\ud800" }),
  ]);
  const [status, body] = await answer(response) as [number, { accepted: number }];
  assertEquals(status, 202);
  const rows = await app.rows("select path from events_log order by id");
  assertEquals(rows.length, body.accepted);
  assertEquals(
    rows.map(({ path }) => path).filter((path) => path !== "/deep").sort(),
    ["/ab", "/\ufffd"].sort(),
  );
});

Deno.test("POST /collect turns unknown sites and foreign origins away", async () => {
  await using app = await testApp({ openRegistration: false });
  await app.rows("insert into sites (site_id, domains) values ('open', '{}'), ('strict', '{example.com}')");
  const status = async (siteId: string, origin?: string) =>
    (await app.collect({ eventType: "x", siteId }, origin === undefined ? {} : { origin })).status;
  assertEquals(await status("unknown"), 403);
  assertEquals(await status("open", "https://anywhere.test"), 202);
  assertEquals(await status("strict", "https://example.com"), 202);
  assertEquals(await status("strict", "https://shop.example.com:8443"), 202);
  assertEquals(await status("strict", "https://example.com.evil.test"), 403);
  assertEquals(await status("strict", "null"), 403);
  assertEquals(await status("strict", "capacitor://localhost"), 403);
  // A server that sends events has no origin.
  assertEquals(await status("strict"), 202);
  const [, mixed] = await answer(
    await app.collect([{ eventType: "x", siteId: "open" }, { eventType: "x", siteId: "unknown" }]),
  );
  assertEquals(mixed, {
    status: "accepted",
    accepted: 1,
    rejected: [{ index: 1, message: "site unknown is unknown here: add it with deno task site add unknown" }],
  });
});

const APPS: [origin: string, domain: string][] = [
  ["capacitor://localhost", "localhost"],
  ["ionic://localhost", "localhost"],
  ["tauri://localhost", "localhost"],
  ["https://tauri.localhost", "tauri.localhost"],
  ["http://localhost:8100", "localhost"],
  ["http://[2001:db8::1]:8000", "[2001:db8::1]"],
  ["app://obsidian.md", "obsidian.md"],
  ["app://-", "-"],
  ["app://.", "."],
  ["chrome-extension://abcdefghijklmnopabcdefghijklmnop", "abcdefghijklmnopabcdefghijklmnop"],
  ["null", "null"],
  ["file://", "null"],
  ["https://xn--mnchen-3ya.example", "münchen.example"],
];

Deno.test("pages of apps and files may send events to a site that lists what the refusal says", async () => {
  await using app = await testApp();
  await app.rows("insert into sites (site_id, domains) values ('strict', '{example.com}')");
  for (const [origin, domain] of APPS) {
    const event = { eventType: "x", siteId: domain };
    const [status, problem] = await answer(await app.collect({ ...event, siteId: "strict" }, { origin }));
    const [, advised] = / --add-domain (\S+)$/.exec((problem as { detail: string }).detail) ?? [];
    assertEquals([origin, status, advised], [origin, 403, readDomain(domain)]);
    await saveSite(app.db, { siteId: domain, domains: [readDomain(origin === "file://" ? domain : origin)] });
    assertEquals([origin, (await app.collect(event, { origin })).status], [origin, 202]);
  }
});

Deno.test("an answer names at most twenty errors, however many items were wrong", async () => {
  await using app = await testApp();
  const refusal = await app.collect(Array(1000).fill({}));
  assertEquals([refusal.status, (await refusal.json()).errors.length], [400, 20]);
});
