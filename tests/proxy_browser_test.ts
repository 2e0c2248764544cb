import { assertEquals, assertMatch } from "@std/assert";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { browserTest, complaints } from "./browser.ts";
import { ADMIN_TOKEN, pageview, type TestApp, testApp } from "./fixtures.ts";
import { NGINX, type Nginx, startNginx } from "./nginx.ts";
import { until } from "./until.ts";

const SHIPPED = await Deno.readTextFile(new URL("../deploy/nginx-path.conf", import.meta.url));
const UPSTREAM = "http://127.0.0.1:8000";

interface Proxied extends AsyncDisposable {
  app: TestApp;
  nginx: Nginx;
  /** What pages of the site beside the dashboard are, by their paths. */
  pages: Map<string, string>;
}

/** Footfall below /stats/ of a host, as `deploy/nginx-path.conf` has it. */
async function serveBehindNginx(takesOff: boolean): Promise<Proxied> {
  const app = await testApp({ basePath: "/stats", trustProxy: 1 });
  await app.db.query("insert into sites (site_id) values ('shop'), ('new')");
  for (let day = 0; day < 3; day++) {
    const timestamp = new Date(Date.now() - day * 86_400_000).toISOString();
    await app.collect(
      pageview({ siteId: "shop", path: "/pricing", sessionId: `s${day}`, visitorId: `v${day}`, timestamp }),
    );
  }
  await app.etl();
  const forward = async (request: Request) => {
    const body = request.method === "GET" ? undefined : await request.text();
    return await app.request(request.url, { method: request.method, headers: request.headers, body });
  };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, forward);
  const pages = new Map<string, string>();
  const site = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const page = pages.get(new URL(request.url).pathname);
    return new Response(page ?? null, {
      status: page === undefined ? 404 : 200,
      headers: { "content-type": "text/html; charset=utf-8" },
    });
  });
  const footfall = `http://127.0.0.1:${server.addr.port}`;
  const nginx = await startNginx(
    SHIPPED.replace(`proxy_pass ${UPSTREAM};`, `proxy_pass ${footfall}${takesOff ? "/" : ""};`)
      .replaceAll(UPSTREAM, footfall) + `location / { proxy_pass http://127.0.0.1:${site.addr.port}; }`,
  );
  return {
    app,
    nginx,
    pages,
    async [Symbol.asyncDispose]() {
      await nginx[Symbol.asyncDispose]();
      await server.shutdown();
      await site.shutdown();
      await app[Symbol.asyncDispose]();
    },
  };
}

/** A page of a new profile, and what went wrong in it: complaints, answers of 400 on, requests outside `/stats`. */
async function openProfile(browser: Browser, origin: string, options: BrowserContextOptions) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    ignoreHTTPSErrors: true,
    ...options,
  });
  const page = await context.newPage();
  const heard = complaints(page);
  page.on("response", (response) => {
    const url = new URL(response.url());
    if (url.protocol === "data:") return;
    if (response.status() >= 400) heard.push(`${url} is ${response.status()}`);
    const isOurs = url.origin === origin && /^\/(stats|pages)(\/|$)/.test(url.pathname);
    if (!isOurs && url.pathname !== "/favicon.ico") heard.push(`${url} was asked for`);
  });
  return { context, page, heard };
}

async function pathOf(page: Page): Promise<string> {
  await page.waitForLoadState();
  const { pathname, search } = new URL(page.url());
  return pathname + search;
}

async function makeLink(page: Page, link: unknown): Promise<string> {
  return await page.evaluate(async (body) => {
    const response = await fetch("/stats/api/v1/sites/shop/share-links", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return (await response.json()).url;
  }, link);
}

// Over plain http a browser tells no Sec-Fetch-Site. `shop.test` leads to nginx as a proxy, whose port it does not show.
const WAYS: [string, boolean, (nginx: Nginx) => { origin: string; options: BrowserContextOptions }][] = [
  ["https, the path is left", false, ({ https }) => ({ origin: https, options: {} })],
  ["plain http, the path is taken off", true, ({ http }) => ({
    origin: "http://shop.test",
    options: { proxy: { server: http } },
  })],
];

for (const [way, takesOff, reach] of WAYS) {
  nginxTest(`behind nginx at /stats/ everything works in a browser: ${way}`, async (browser) => {
    await using served = await serveBehindNginx(takesOff);
    const { app, nginx, pages } = served;
    const { origin, options } = reach(nginx);
    const { context, page, heard } = await openProfile(browser, origin, options);

    await page.goto(`${origin}/stats`);
    await page.click("text=/dashboard");
    assertEquals(await pathOf(page), "/stats/dashboard/sign-in?next=%2Fdashboard");
    await page.fill("#token", ADMIN_TOKEN);
    await page.click("main button");
    await page.waitForURL(`${origin}/stats/dashboard`);
    assertEquals((await context.cookies()).map(({ name, path, secure }) => [name, path, secure]), [
      ["footfall_session", "/stats", origin.startsWith("https:")],
    ]);

    // The site's figures: a filter by a click, one by the form, a period, a tab, the chart, the live count.
    await page.click(".site-cards >> text=shop");
    await page.waitForURL(`${origin}/stats/dashboard/shop`);
    await page.waitForSelector(".u-over, canvas");
    await page.waitForSelector("#live strong");
    await page.click("table a[title='/pricing'], table a:has-text('/pricing')");
    await page.waitForURL(/\/stats\/dashboard\/shop\?filter=page:is:\/pricing/);
    await page.click(".chip a, a[aria-label^='Remove filter']");
    await page.waitForURL((url) => !url.search.includes("filter"));
    await page.click("summary:has-text('filter')");
    await page.fill("form.add-filter [name=filter_value]", "/pricing");
    await page.click("form.add-filter button");
    await page.waitForURL(/\/stats\/dashboard\/shop\?.*filter=/);
    for (const view of ["Realtime", "Funnel", "Goals", "Retention", "Overview"]) {
      await page.click(`nav.views >> text=${view}`);
      assertMatch(await pathOf(page), /^\/stats\/dashboard\/shop(\/\w+)?(\?|$)/);
    }

    // The Sites page: a site is added, and its tag works on a page of the host.
    await page.goto(`${origin}/stats/dashboard/sites`);
    await page.fill("[name=site]", "blog");
    await page.click(".site-form button[type=submit]");
    await page.waitForURL(`${origin}/stats/dashboard/sites?site=blog`);
    const tag = await page.textContent(".snippet code");
    assertEquals(tag, `<script defer src="${origin}/stats/tracking.js" data-site="blog"></script>`);
    const pixel = `<img src="/stats/collect?eventType=pageview&siteId=blog&path=/pixel" alt="">`;
    pages.set("/pages/tracked", `<!doctype html><title>Tracked</title>${tag}${pixel}`);
    const visitor = await openProfile(browser, origin, options);
    await visitor.page.goto(`${origin}/pages/tracked`);
    await until(
      "the tracker's and the pixel's events are stored",
      async () => (await app.rows("select path from events_log where site_id = 'blog'")).length >= 2,
    );
    assertEquals(
      await app.rows(
        "select path from events_log where site_id = 'blog' and event_type = 'pageview' order by 1",
      ),
      [{ path: "/pages/tracked" }, { path: "/pixel" }],
    );
    await page.waitForSelector(".arrived");
    await page.click(".arrived a");
    await page.waitForURL(`${origin}/stats/dashboard/blog`);

    // Links to share: open, with a password, in a frame.
    const [open, locked, framed] = [
      await makeLink(page, {}),
      await makeLink(page, { password: "correct horse" }),
      await makeLink(page, { embedOrigins: [origin] }),
    ];
    for (const link of [open, locked, framed]) {
      assertEquals(link.startsWith(`${origin}/stats/share/`), true, link);
    }
    const guest = await openProfile(browser, origin, options);
    await guest.page.goto(open);
    assertEquals(await pathOf(guest.page), "/stats/dashboard/shop");
    const other = await openProfile(browser, origin, options);
    await other.page.goto(locked);
    await other.page.fill("[name=password]", "correct horse");
    await other.page.click("main button");
    await other.page.waitForURL(`${origin}/stats/dashboard/shop`);
    pages.set(
      "/pages/frame",
      `<!doctype html><title>Frame</title><iframe src="${framed}" width=900 height=900></iframe>`,
    );
    const reader = await openProfile(browser, origin, options);
    await reader.page.goto(`${origin}/pages/frame`);
    const frame = reader.page.frameLocator("iframe");
    await frame.locator("table a:has-text('/pricing')").first().click();
    await frame.locator("[aria-label^='Remove filter']").waitFor();

    // What is read rather than clicked.
    await page.goto(`${origin}/stats/api/docs`);
    await page.click("text=openapi.json");
    assertEquals(JSON.parse(await page.innerText("body")).servers, [{ url: "/stats" }]);
    await page.goto(`${origin}/stats/health`);
    assertMatch(await page.innerText("body"), /"status":"ok"/);

    await page.goto(`${origin}/stats/dashboard`);
    await page.click("text=Sign out");
    await page.waitForURL(`${origin}/stats/dashboard/sign-in`);
    assertEquals(await context.cookies(), []);
    assertEquals([heard, visitor.heard, guest.heard, other.heard, reader.heard], [[], [], [], [], []]);
  });
}

/** It needs nginx, too. */
function nginxTest(title: string, work: (browser: Browser) => Promise<void>): void {
  if (NGINX === undefined && Deno.env.get("CI") === undefined) {
    Deno.test({ name: `${title} (needs nginx and openssl)`, ignore: true, fn: () => {} });
  } else browserTest(title, work);
}
