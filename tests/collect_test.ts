import { assertEquals, assertMatch } from "@std/assert";
import { answer } from "./answer.ts";
import { at, batch, CHROME, pageview, testApp } from "./fixtures.ts";

const ID = "0193e0c2-8d7e-7000-8000-000000000001";

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
  assertMatch(String(row!.visitor_id), /^vis_\d{8}_[\w-]{22}$/);
  assertMatch(String(row!.session_id), /^sess_\w+_[\w-]{22}$/);
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

Deno.test("the pixel takes a campaign's parameters as its own, and those of its attribution before them", async () => {
  await using app = await testApp();
  const pixel = (query: Record<string, string>) =>
    app.request(`/collect?${new URLSearchParams({ eventType: "pageview", siteId: "x", ...query })}`);

  await pixel({
    sessionId: "a",
    url: "https://x.test/?utm_term=shoes",
    utm_source: "News",
    utm_medium: "email",
  });
  await pixel({ sessionId: "b", url: "https://x.test/", wbraid: "1" });
  await pixel({
    sessionId: "c",
    utm_source: "outer",
    utm_campaign: "spring",
    attribution: JSON.stringify({ utmParams: { utm_source: "inner" } }),
  });
  assertEquals((await pixel({ utm_source: "a", attribution: "{" })).status, 400);
  await app.etl();

  assertEquals(
    await app.rows(
      "select session_id, utm_source, utm_medium, utm_campaign, utm_term, channel from user_sessions order by session_id",
    ),
    [
      {
        session_id: "a",
        utm_source: "News",
        utm_medium: "email",
        utm_campaign: null,
        utm_term: "shoes",
        channel: "Email",
      },
      {
        session_id: "b",
        utm_source: null,
        utm_medium: null,
        utm_campaign: null,
        utm_term: null,
        channel: "Paid Search",
      },
      {
        session_id: "c",
        utm_source: "inner",
        utm_medium: null,
        utm_campaign: "spring",
        utm_term: null,
        channel: "Unassigned",
      },
    ],
  );
});

Deno.test("a visitor in Kosovo is in Kosovo, whatever the time zone", async () => {
  await using app = await testApp();
  await app.collect(pageview({ browser: { country: "XK", timezone: "Europe/Belgrade" } }));
  await app.etl();
  assertEquals(await app.rows("select country from user_sessions"), [{ country: "XK" }]);
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
