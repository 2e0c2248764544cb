import { assertEquals, assertMatch } from "@std/assert";
import { openDatabase } from "../db/open.ts";
import { Realtime } from "../routes/stats/realtime.ts";
import { anyServer, batch, pageview, testApp } from "./fixtures.ts";
import { ask, DAYS, NOTHING, visitShop } from "./stats_shop.ts";
import { engines, serverTest } from "./test_database.ts";

for (const engine of engines()) {
  Deno.test(`realtime counts what the ETL has made rows of, and what waits for it (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    const now = Date.now();
    const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
    const visit = (visitor: string, minutes: number, path: string, more: object = {}) =>
      pageview({
        siteId: "shop",
        sessionId: `s_${visitor}`,
        visitorId: visitor,
        timestamp: ago(minutes),
        path,
        url: `https://shop.test${path}`,
        browser: { country: "DE" },
        attribution: { utmParams: { utm_source: visitor === "v3" ? null : "Mail" }, referrer: "direct" },
        ...more,
      });
    await app.collect([visit("v1", 200, "/old"), visit("v1", 12, "/"), visit("v2", 11, "/")]);
    await app.etl();
    await app.collect([
      visit("v2", 2, "/pricing"),
      visit("v3", 1, "/", { attribution: { referrer: "https://news.test/story" } }),
      batch([{ eventType: "click", timestamp: ago(2) }], {
        siteId: "shop",
        sessionId: "s_v1",
        visitorId: "v1",
        timestamp: ago(1),
      }),
    ]);

    const body = Realtime.parse(await (await ask(app, "/sites/shop/realtime")).json());

    assertEquals({ ...body, minutes: body.minutes.length }, {
      site: "shop",
      visitors: 3,
      minutes: 30,
      pages: [{ value: "/", visitors: 3 }, { value: "/pricing", visitors: 1 }],
      sources: [{ value: "mail", visitors: 2 }, { value: "news.test", visitors: 1 }],
      countries: [{ value: "DE", visitors: 3 }],
    });
    const minuteOf = (minutes: number) => `${ago(minutes).slice(0, 17)}00.000Z`;
    const counted = body.minutes.filter(({ visitors }) => visitors > 0);
    assertEquals(counted, [
      { minute: minuteOf(12), visitors: 1, pageviews: 1 },
      { minute: minuteOf(11), visitors: 1, pageviews: 1 },
      { minute: minuteOf(2), visitors: 2, pageviews: 1 },
      { minute: minuteOf(1), visitors: 1, pageviews: 1 },
    ]);
  });
}

Deno.test("a list comes as CSV where that is asked for, and no cell is a formula", async () => {
  await using app = await testApp();
  await visitShop(app);

  const csv = await ask(app, `/sites/shop/breakdown/utm_source?${DAYS}`, { accept: "text/csv" });
  const json = await ask(app, `/sites/shop/breakdown/utm_source?${DAYS}`, {
    accept: "application/json, text/csv;q=0.5",
  });

  assertEquals(csv.headers.get("content-type"), "text/csv; charset=utf-8; header=present");
  assertEquals(
    csv.headers.get("content-disposition"),
    'attachment; filename="shop-utm_source-2026-03-10-2026-03-11.csv"',
  );
  assertEquals(
    await csv.text(),
    "value,sessions,pageviews,events,bounceRate,seconds,engagedSeconds\r\n" +
      ",1,2,0,0,20,\r\n" +
      "'=1+1,1,2,6,0,50,\r\n" +
      '"a,""b""",1,1,0,1,0,\r\n',
  );
  assertEquals((await json.json()).count, 3);
});

Deno.test("parameters that cannot be answered are named, with what would be right", async () => {
  await using app = await testApp();
  await visitShop(app);
  const cases: [path: string, errors: { path: string; message: string }[]][] = [
    ["overview?perod=7d", [{ path: "perod", message: "there is no parameter perod here" }]],
    ["overview?period=week", [{
      path: "period",
      message: "period must be one of today, yesterday, 7d, 30d, 90d, 12mo, month, year, all",
    }]],
    ["overview?from=2026-02-30&to=tomorrow", [
      { path: "from", message: "from must be a day such as 2026-11-22" },
      { path: "to", message: "to must be a day such as 2026-11-22" },
    ]],
    ["overview?from=0000-01-01&to=1969-12-31", [
      { path: "from", message: "from must be a day from 1970-01-01 to 2100-12-31" },
      { path: "to", message: "to must be a day from 1970-01-01 to 2100-12-31" },
    ]],
    ...["2101-01-01", "9999-12-31"].map((to): [string, { path: string; message: string }[]] => [
      `timeseries?from=2026-01-01&to=${to}`,
      [{ path: "to", message: "to must be a day from 1970-01-01 to 2100-12-31" }],
    ]),
    ["overview?from=-000001-01-01&to=10000-01-01", [
      { path: "from", message: "from must be a day such as 2026-11-22" },
      { path: "to", message: "to must be a day such as 2026-11-22" },
    ]],
    ["overview?from=2026-02-01", [{
      path: "to",
      message: "to is missing: from is the first day, to the last",
    }]],
    ["overview?filter=country:DE", [{
      path: "filter.0",
      message: "filter must be dimension:operator:value, such as country:is:DE|FR",
    }]],
    ["timeseries?from=2026-01-01&to=2026-02-01&interval=hour", [{
      path: "interval",
      message: "interval may be hour for at most 31 days: take day, or a shorter range",
    }]],
    ["timeseries?interval=minute", [{
      path: "interval",
      message: "interval must be one of hour, day, week, month",
    }]],
    ["breakdown/os?limit=1001&page=0&visitors=yes", [
      { path: "limit", message: "limit must be a whole number from 1 to 1000" },
      { path: "page", message: "page must be a whole number from 1 to 100000" },
      { path: "visitors", message: "visitors must be true or false" },
    ]],
    ["journeys", [{
      path: "page",
      message: "page must be a text of 1 to 2048 characters, none of them NUL",
    }]],
    ["funnel?step=page:/", [{
      path: "step",
      message: "step must be given 2 to 10 times, as page:/path or event:name",
    }]],
    ["funnel?step=page:/&step=/a&by=site", [
      { path: "step.1", message: "step must be page:/path or event:name" },
      { path: "by", message: "by must be one of session, visitor" },
    ]],
    ["breakdown/os?search=%00", [{
      path: "search",
      message: "search must be a text of 1 to 200 characters, none of them NUL",
    }]],
  ];
  for (const [path, errors] of cases) {
    const response = await ask(app, `/sites/shop/${path}`);
    assertEquals({ path, status: response.status, body: await response.json() }, {
      path,
      status: 400,
      body: {
        type: "about:blank",
        title: "Bad request",
        status: 400,
        detail: errors.map(({ message }) => message).join("; "),
        errors,
      },
    });
  }
});

Deno.test("a site that was neither added nor seen is not found; one that was just seen is", async () => {
  await using app = await testApp();
  await visitShop(app);

  await app.collect({ eventType: "pageview", siteId: "fresh", url: "https://fresh.test/" });
  const unknown = await ask(app, "/sites/nowhere/overview");
  const fresh = await ask(app, "/sites/fresh/overview?period=today");

  assertEquals(unknown.status, 404);
  assertEquals(
    (await unknown.json()).detail,
    "There is no site nowhere: it was not added, and no event of it came",
  );
  assertEquals(fresh.status, 200);
  assertEquals((await fresh.json()).current, NOTHING);
});

Deno.test("without a token nobody reads, and no cache keeps what was read", async () => {
  await using app = await testApp();
  await visitShop(app);

  const refused = await app.request(`/api/v1/sites/shop/overview?${DAYS}`);
  const answered = await ask(app, `/sites/shop/overview?${DAYS}`);

  assertEquals(refused.status, 401);
  assertEquals((await refused.json()).title, "Not authorized");
  assertEquals(answered.status, 200);
  assertEquals(answered.headers.get("cache-control"), "private, no-store");
  await answered.body?.cancel();
});

serverTest("an answer that takes too long is a 504, and the collector goes on", async () => {
  await using app = await testApp({ engine: anyServer(), statsTimeout: 200 });
  await visitShop(app);
  await using other = await openDatabase(app.db.url, { poolSize: 1 });

  const [late, stored] = await other.transaction(async (tx) => {
    await tx.query("lock table session_rows in access exclusive mode");
    return await Promise.all([
      ask(app, `/sites/shop/overview?${DAYS}&filter=page:is:/`),
      app.collect({ eventType: "pageview", siteId: "shop", url: "https://shop.test/" }),
    ]);
  });

  assertEquals(late.status, 504);
  assertEquals(await late.json(), {
    type: "about:blank",
    title: "Took too long",
    status: 504,
    detail: "The answer took too long; narrow the range or the filters",
  });
  assertEquals(stored.status, 202);
  await stored.body?.cancel();
});

Deno.test("the OpenAPI document names every route, and its page shows them without a script", async () => {
  await using app = await testApp();

  const document = await (await app.request("/api/openapi.json")).json();
  const page = await app.request("/api/docs");
  const html = await page.text();

  assertEquals(Object.keys(document.paths).sort(), ROUTES);
  for (const path of ROUTES) assertMatch(html, new RegExp(`<h2><code>[A-Z]+ ${path}</code></h2>`));
  assertEquals(html.includes("<script"), false);
  assertEquals(
    page.headers.get("content-security-policy"),
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
  );
});

const ROUTES = [
  "/api/v1/sites",
  "/api/v1/sites/{site}/breakdown/{dimension}",
  "/api/v1/sites/{site}/events/{name}",
  "/api/v1/sites/{site}/forms",
  "/api/v1/sites/{site}/funnel",
  "/api/v1/sites/{site}/goals",
  "/api/v1/sites/{site}/goals/{id}",
  "/api/v1/sites/{site}/journeys",
  "/api/v1/sites/{site}/overview",
  "/api/v1/sites/{site}/realtime",
  "/api/v1/sites/{site}/retention",
  "/api/v1/sites/{site}/revenue",
  "/api/v1/sites/{site}/scroll",
  "/api/v1/sites/{site}/timeseries",
];
