import { assertEquals, assertMatch } from "@std/assert";
import { ADMIN_TOKEN, at, batch, CHROME, pageview, testApp } from "./fixtures.ts";

const ID = "0193e0c2-8d7e-7000-8000-000000000001";

async function answer(response: Response): Promise<[number, unknown]> {
  const text = await response.text();
  return [response.status, text === "" ? null : JSON.parse(text)];
}

Deno.test("POST /collect answers 202 with the event's id once it is committed", async () => {
  await using app = await testApp();
  const response = await app.collect(pageview({ eventId: ID }));
  assertEquals(response.headers.get("content-type"), "application/json");
  assertEquals(await answer(response), [202, { status: "accepted", accepted: 1, event_id: ID }]);
  assertEquals(
    await app.rows(
      "select event_id, event_type, session_id, visitor_id, site_id, timestamp, url, path, user_agent, ip_address, processed_at from events_log",
    ),
    [{
      event_id: ID,
      event_type: "pageview",
      session_id: "sess_1",
      visitor_id: "vis_1",
      site_id: "example-com",
      timestamp: new Date(at(0)),
      url: "https://example.com/products",
      path: "/products",
      user_agent: CHROME,
      ip_address: "203.0.113.0",
      processed_at: null,
    }],
  );
});

Deno.test("POST /collect keeps fields that it does not know in raw_event_data", async () => {
  await using app = await testApp();
  await app.collect(pageview({ plan: { name: "pro", seats: 3 } }));
  assertEquals(await app.rows("select raw_event_data -> 'plan' as plan from events_log"), [{
    plan: { name: "pro", seats: 3 },
  }]);
});

Deno.test("POST /collect stores an event once when it is sent twice, before and after it was processed", async () => {
  await using app = await testApp();
  const event = pageview({ eventId: ID, path: "/pricing" });
  await app.collect(event);
  assertEquals((await app.collect(event)).status, 202);
  assertEquals((await app.collect([event, event])).status, 202);
  await app.etl();
  assertEquals(await answer(await app.collect(event)), [202, {
    status: "accepted",
    accepted: 1,
    event_id: ID,
  }]);
  await app.etl();
  assertEquals(await app.rows("select path from events_log"), [{ path: "/pricing" }]);
  assertEquals(await app.rows("select path from pageviews"), [{ path: "/pricing" }]);
  assertEquals(await app.rows("select pageview_count from user_sessions"), [{ pageview_count: 1 }]);
});

Deno.test("POST /collect stores the same id once for each of two sites", async () => {
  await using app = await testApp();
  await app.collect([pageview({ eventId: ID, siteId: "a" }), pageview({ eventId: ID, siteId: "b" })]);
  assertEquals(await app.rows("select site_id from events_log order by 1"), [{ site_id: "a" }, {
    site_id: "b",
  }]);
});

for (
  const contentType of ["application/json", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded"]
) {
  Deno.test(`POST /collect reads JSON that comes as ${contentType}`, async () => {
    await using app = await testApp();
    const response = await app.collect(
      batch([{ eventType: "click", timestamp: at(5), eventData: { tagName: "A" } }]),
      { "content-type": contentType },
    );
    assertEquals(response.status, 202);
    assertEquals(
      await app.rows(
        "select event_type, url, raw_event_data #>> '{events,0,eventData,tagName}' as tag from events_log",
      ),
      [
        { event_type: "batch", url: null, tag: "A" },
      ],
    );
  });
}

Deno.test("POST /collect accepts an event of nothing but its type and site, and derives the rest", async () => {
  await using app = await testApp();
  const response = await app.collect(
    { eventType: "pageview", siteId: "x", url: "https://x.test/a/b?utm_source=news&gclid=7#top" },
    { "accept-language": "de-AT,de;q=0.9" },
  );
  assertEquals(response.status, 202);
  const [row] = await app.rows("select path, visitor_id, session_id, raw_event_data as raw from events_log");
  const raw = row!.raw as Record<string, Record<string, unknown>>;
  assertEquals(row!.path, "/a/b");
  assertMatch(String(row!.visitor_id), /^vis_[\w-]{22}$/);
  assertMatch(String(row!.session_id), /^sess_[\w-]{22}_\w+$/);
  assertEquals(raw.attribution, {
    utmParams: {
      utm_source: "news",
      utm_medium: null,
      utm_campaign: null,
      utm_content: null,
      utm_term: null,
    },
    campaignParams: { gclid: "7", fbclid: null, msclkid: null },
    referrer: null,
    referrerType: "direct",
    referrerPlatform: null,
    channel: "Paid Search",
  });
  assertEquals(raw.browser, { userAgent: CHROME, language: "de-AT" });
  assertEquals(raw.page, {
    url: "https://x.test/a/b?utm_source=news&gclid=7#top",
    path: "/a/b",
    referrer: "",
    queryParams: "?utm_source=news&gclid=7",
    hash: "#top",
  });
});

Deno.test("visitors without an id are told apart by address and browser, and keep their session", async () => {
  await using app = await testApp({ trustProxy: 1 });
  const view = (address: string, agent: string) =>
    app.collect({ eventType: "pageview", siteId: "x", path: "/" }, {
      "x-forwarded-for": address,
      "user-agent": agent,
    });
  await view("198.51.100.1", "A");
  await view("198.51.100.1", "A");
  await view("198.51.100.2", "A");
  await view("198.51.100.1", "B");
  assertEquals(
    await app.rows(
      "select count(distinct visitor_id) as visitors, count(distinct session_id) as sessions from events_log",
    ),
    [
      { visitors: 3, sessions: 3 },
    ],
  );
});

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

Deno.test("requests with DNT or GPC are dropped, saying so", async () => {
  await using app = await testApp();
  for (const [header, reason] of [["dnt", "dnt"], ["sec-gpc", "gpc"]] as const) {
    const response = await app.collect(pageview(), { [header]: "1" });
    assertEquals([response.status, response.headers.get("x-dropped"), await response.text()], [
      204,
      reason,
      "",
    ]);
  }
  assertEquals(await app.rows("select * from events_log"), []);
});

Deno.test("GET /collect is a pixel that stores the event in its query", async () => {
  await using app = await testApp();
  const response = await app.request(
    "/collect?eventType=pageview&siteId=x&title=Hi&referrer=https%3A%2F%2Fduckduckgo.com%2F",
    { headers: { referer: "https://x.test/landing", "user-agent": CHROME } },
  );
  const body = new Uint8Array(await response.arrayBuffer());
  assertEquals(
    [
      response.status,
      response.headers.get("content-type"),
      response.headers.get("cache-control"),
      body.length,
    ],
    [200, "image/gif", "no-store", 43],
  );
  assertEquals(new TextDecoder().decode(body.slice(0, 6)), "GIF89a");
  await app.etl();
  assertEquals(await app.rows("select path, title, referrer from pageviews"), [
    { path: "/landing", title: "Hi", referrer: "https://duckduckgo.com/" },
  ]);
  assertEquals(await app.rows("select referrer_type, referrer_platform from user_sessions"), [
    { referrer_type: "search", referrer_platform: "duckduckgo" },
  ]);
  assertEquals((await app.request("/collect?eventType=pageview")).status, 400);
});

Deno.test("any origin may post without credentials, and a preflight is answered for a day", async () => {
  await using app = await testApp();
  const preflight = await app.request("/collect", {
    method: "OPTIONS",
    headers: {
      origin: "https://example.com",
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type",
    },
  });
  assertEquals(preflight.status, 204);
  assertEquals(
    [
      "access-control-allow-origin",
      "access-control-allow-methods",
      "access-control-allow-headers",
      "access-control-max-age",
      "access-control-allow-credentials",
    ]
      .map((name) => preflight.headers.get(name)),
    ["*", "POST,GET", "content-type", "86400", null],
  );
  assertEquals((await app.request("/collect", { method: "PUT" })).status, 405);
});

Deno.test("a wrong clock is set right by sentAt, in batches too", async () => {
  await using app = await testApp();
  const hours = 3 * 3600_000;
  const clientNow = Date.now() + hours;
  const iso = (ms: number) => new Date(ms).toISOString();
  await app.collect(batch(
    [{ eventType: "click", timestamp: iso(clientNow - 20_000), eventData: {} }],
    { timestamp: iso(clientNow - 10_000), sentAt: iso(clientNow) },
  ));
  await app.etl();
  const [row] = await app.rows(
    "select round(extract(epoch from now() - event_timestamp) / 10) as tens from user_events",
  );
  assertEquals(row, { tens: 2 });
  assertEquals(
    await app.rows(
      "select round((raw_event_data ->> 'clockSkew')::numeric / 3600000) as hours from events_log",
    ),
    [{ hours: -3 }],
  );
});

Deno.test("secrets are redacted before anything is stored", async () => {
  await using app = await testApp();
  await app.collect(pageview({
    url: "https://user:pw@example.com/reset?token=s3cret&page=2#access_token=abc",
    attribution: { referrer: "https://login.example.org/?session=xyz" },
  }));
  await app.collect({
    eventType: "form_submit",
    siteId: "example-com",
    eventData: {
      formId: "pay",
      formAction: "/pay?api_key=k",
      formData: {
        email: "a@b.test",
        Password: "p",
        card: "4111 1111 1111 1111",
        note: "my ssn is 078-05-1120.",
        cvc: 123,
      },
    },
  });
  const stored = JSON.stringify(await app.rows("select * from events_log"));
  for (
    const secret of [
      "s3cret",
      "access_token=abc",
      "user:pw",
      "session=xyz",
      "api_key=k",
      '"p"',
      "4111",
      "078-05",
      ":123",
    ]
  ) {
    assertEquals([secret, stored.includes(secret)], [secret, false]);
  }
});

for (
  const [mode, expected] of [["full", "203.0.113.77"], ["truncate", "203.0.113.0"], ["none", null]] as const
) {
  Deno.test(`IP_MODE ${mode} stores ${expected}; a site may have its own`, async () => {
    await using app = await testApp({ ipMode: mode });
    await app.rows("insert into sites (site_id, ip_mode) values ('own', 'none')");
    await app.collect([{ eventType: "x", siteId: "any" }, { eventType: "x", siteId: "own" }]);
    assertEquals(await app.rows("select site_id, ip_address from events_log order by site_id"), [
      { site_id: "any", ip_address: expected },
      { site_id: "own", ip_address: null },
    ]);
  });
}

Deno.test("a thousand requests at once are all durable, in far fewer commits", async () => {
  await using app = await testApp();
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => app.collect(pageview({ path: `/${i}` }))),
  );
  assertEquals(new Set(answers.map(({ status }) => status)), new Set([202]));
  const [row] = await app.rows(
    "select count(distinct path) as paths, count(distinct created_at) as commits from events_log",
  );
  assertEquals(row!.paths, 1000);
  assertEquals(Number(row!.commits) < 200, true, `${row!.commits} commits`);
});

Deno.test("everything but collection asks for the admin token", async () => {
  await using app = await testApp();
  const status = async (path: string, method: string, authorization?: string) => {
    const response = await app.request(path, { method, headers: authorization ? { authorization } : {} });
    await response.body?.cancel();
    return [response.status, response.headers.get("www-authenticate")];
  };
  for (const [path, method] of [["/etl/status", "GET"], ["/etl/run", "POST"], ["/metrics", "GET"]] as const) {
    assertEquals(await status(path, method), [401, 'Bearer realm="footfall"']);
    assertEquals(await status(path, method, "Bearer wrong"), [401, 'Bearer realm="footfall"']);
    assertEquals(await status(path, method, `Bearer ${ADMIN_TOKEN}`), [200, null]);
  }
});

Deno.test("GET /etl/status and POST /etl/run say what waits and what was done", async () => {
  await using app = await testApp();
  const authorization = `Bearer ${ADMIN_TOKEN}`;
  await app.collect([pageview(), pageview(), batch([{ eventType: "click" }])]);
  const [, before] = await answer(await app.request("/etl/status", { headers: { authorization } })) as [
    number,
    {
      pending: Record<string, unknown>[];
    },
  ];
  assertEquals(before.pending.map(({ eventType, count }) => [eventType, count]), [["pageview", 2], [
    "batch",
    1,
  ]]);
  const [status, run] = await answer(
    await app.request("/etl/run", { method: "POST", headers: { authorization } }),
  ) as [number, {
    jobs: Record<string, unknown>[];
  }];
  assertEquals(status, 200);
  assertEquals(run.jobs.map(({ job, rows, error }) => [job, rows, error]).slice(0, 4), [
    ["process-events", 3, undefined],
    ["update-sessions", 0, undefined],
    ["daily-metrics", 1, undefined],
    ["cleanup", 0, undefined],
  ]);
  const [, after] = await answer(await app.request("/etl/status", { headers: { authorization } })) as [
    number,
    {
      pending: unknown[];
      jobs: Record<string, unknown>[];
    },
  ];
  assertEquals(after.pending, []);
  assertEquals(after.jobs.map(({ job, rows, error }) => [job, rows, error])[3], ["process-events", 3, null]);
});

Deno.test("GET /health and GET /metrics tell how things are", async () => {
  await using app = await testApp();
  await app.collect([pageview(), {}]);
  const [status, health] = await answer(await app.request("/health")) as [number, Record<string, unknown>];
  assertEquals([status, health.status, health.process], [200, "ok", { status: "ok", pendingEvents: 0 }]);
  const metrics =
    await (await app.request("/metrics", { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })).text();
  for (
    const line of [
      'footfall_events_accepted_total{stored="postgres"} 1',
      "footfall_events_rejected_total 1",
      "footfall_pending_events 1",
    ]
  ) {
    assertEquals([line, metrics.split("\n").includes(line)], [line, true]);
  }
});

Deno.test("an answer names at most twenty errors, however many items were wrong", async () => {
  await using app = await testApp();
  const refusal = await app.collect(Array(1000).fill({}));
  assertEquals([refusal.status, (await refusal.json()).errors.length], [400, 20]);
});
