import { assert, assertEquals, assertMatch } from "@std/assert";
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { browserTest, complaints } from "./browser.ts";
import { ADMIN_TOKEN, pageview, type TestApp, testApp } from "./fixtures.ts";
import { until } from "./until.ts";

interface ServedDashboard extends AsyncDisposable {
  app: TestApp;
  url: string;
  /** A page that may see everything. */
  open(
    browser: Browser,
    path: string,
    options?: BrowserContextOptions,
  ): Promise<{ page: Page; heard: string[] }>;
}

const DAY_MS = 86_400_000;

const visit = (name: string, path: string, daysAgo: number, more: Record<string, unknown> = {}) =>
  pageview({
    siteId: "shop",
    path,
    sessionId: `sess_${name}`,
    visitorId: `vis_${name}`,
    timestamp: new Date(Date.now() - daysAgo * DAY_MS).toISOString(),
    ...more,
  });

/** The dashboard on a port, with two weeks of visits until yesterday: 2 a day, one of which goes on to a second page. */
async function serveDashboard(): Promise<ServedDashboard> {
  const app = await testApp();
  for (let day = 1; day <= 14; day++) {
    await app.collect(visit(`a${day}`, "/", day));
    await app.collect(
      visit(`a${day}`, `/a-page-with-a-long-path/${"that-goes-on-and-on-".repeat(6)}`, day - 0.001),
    );
    await app.collect(visit(`b${day}`, "/pricing", day));
    await app.collect({
      ...visit(`b${day}`, "/pricing", day - 0.001),
      eventType: "signup",
      eventData: { plan: "team" },
    });
  }
  await app.etl();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const body = request.method === "GET" ? undefined : await request.text();
    return await app.request(request.url, { method: request.method, headers: request.headers, body });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  return {
    app,
    url,
    async open(browser, path, options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 900 },
        extraHTTPHeaders: { authorization: `Bearer ${ADMIN_TOKEN}` },
        ...options,
      });
      const page = await context.newPage();
      const heard = complaints(page);
      await page.goto(url + path);
      return { page, heard };
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await app[Symbol.asyncDispose]();
    },
  };
}

const figure = (page: Page, name: string) => page.textContent(`[data-figure=${name}] .figure`);

browserTest("a click filters, a click compares, and the URL holds both", async (browser) => {
  await using served = await serveDashboard();
  const { page, heard } = await served.open(browser, "/dashboard/shop?period=7d");
  assertEquals(await figure(page, "sessions"), "12");
  await page.click("#pages >> text=/pricing");
  await page.waitForURL(/filter=page:is:\/pricing/);
  assertEquals(await figure(page, "sessions"), "6");
  await page.click("summary:has-text('Previous period')");
  await page.click("text=Same period last year");
  await page.waitForURL(/compare=year/);
  assertMatch(page.url(), /period=7d&filter=page:is:\/pricing&compare=year$/);
  await page.click("[aria-label='Remove filter: Page is /pricing']");
  await page.waitForURL(/shop\?period=7d&compare=year$/);
  assertEquals(heard, []);
});

browserTest("a tab changes its panel alone, and stays after a reload", async (browser) => {
  await using served = await serveDashboard();
  const { page, heard } = await served.open(browser, "/dashboard/shop");
  await page.evaluate("document.getElementById('sources').dataset.same = 'yes'");
  await page.click("#pages >> text=Entry");
  await page.waitForSelector("#pages thead >> text=Entry page");
  assertMatch(page.url(), /\?pages=entry$/);
  assertEquals(await page.evaluate("document.getElementById('sources').dataset.same"), "yes");
  // The focus stays where it was; links elsewhere take the tab along.
  assertEquals(await page.evaluate("document.activeElement.textContent"), "Entry");
  assertMatch((await page.getAttribute("#technology tbody a", "href"))!, /pages=entry/);
  await page.reload();
  assertEquals(await page.textContent("#pages thead th"), "Entry page");
  assertEquals(heard, []);
});

browserTest(
  "the chart tells both periods under the cursor, and draws the figure that is clicked",
  async (browser) => {
    await using served = await serveDashboard();
    const { page, heard } = await served.open(browser, "/dashboard/shop?period=7d");
    await page.waitForSelector("#chart .u-over");
    await page.hover("#chart .u-over", { position: { x: 5, y: 60 } });
    await page.waitForSelector(".tooltip:visible");
    const lines = (kind: string) => page.textContent(`.tooltip .tooltip-${kind}`);
    assertEquals(await lines("now"), "2 visitors");
    assertMatch((await lines("before"))!, /^2 · \w{3}, \d+ \w{3} \d{4}$/);
    assertEquals(await lines("change"), "→ 0%");

    await page.click("[data-figure=pageviews]");
    assertEquals(await page.textContent("#chart-title"), "Pageviews");
    assertMatch(page.url(), /figure=pageviews$/);
    await page.hover("#chart .u-over", { position: { x: 5, y: 60 } });
    await until("the tooltip tells pageviews", async () => await lines("now") === "3 pageviews");
    await page.click("text=Numbers");
    assertEquals(await page.textContent("#series-table caption"), "Pageviews by day");
    assertEquals(await page.textContent("#series-table tbody td"), "3");

    // The same by keys, said to screen readers.
    await page.focus("#chart");
    await page.keyboard.press("ArrowRight");
    await until(
      "the point is said",
      async () => /3 pageviews/.test((await page.textContent("#chart-point"))!),
    );
    assertEquals(heard, []);
  },
);

browserTest("a goal is added and removed in the browser", async (browser) => {
  await using served = await serveDashboard();
  const { page, heard } = await served.open(browser, "/dashboard/shop/goals?period=7d");
  await page.fill("[name=target]", "signup");
  await page.fill("[name=name]", "Signed up");
  await page.click("button:has-text('Add goal')");
  await page.waitForSelector("tbody >> text=Signed up");
  assertEquals((await page.textContent("tbody tr td:nth-of-type(3)"))!.trim(), "50%");
  assertMatch(page.url(), /goals\?period=7d$/);
  await page.click("[aria-label='Remove goal: Signed up']");
  await page.waitForSelector("text=No goal yet");
  assertEquals(heard, []);
});

browserTest("who comes now is shown without a reload", async (browser) => {
  await using served = await serveDashboard();
  const { page, heard } = await served.open(browser, "/dashboard/shop/realtime");
  await page.waitForSelector(".live strong >> text=0");
  await served.app.collect(visit("now", "/fresh", 0));
  await page.waitForSelector("#now tbody >> text=/fresh", { timeout: 60_000 });
  await page.waitForSelector(".live strong >> text=1", { timeout: 60_000 });
  assertEquals(await page.textContent(".now-figure .figure"), "1");
  assertEquals(heard, []);
});

browserTest("a new site's page tells that the first event came", async (browser) => {
  await using served = await serveDashboard();
  const { page, heard } = await served.open(browser, "/dashboard/sites");
  await page.fill("[name=site]", "fresh");
  await page.click("button:has-text('Add')");
  await page.waitForSelector("text=Waiting for the first event.");
  assertEquals(
    await page.textContent("pre code"),
    `<script defer src="${served.url}/tracking.js" data-site="fresh"></script>`,
  );
  await served.app.collect(pageview({ siteId: "fresh" }));
  await page.waitForSelector("text=Events arrive.", { timeout: 60_000 });
  assertEquals(heard, []);
});

const PAGES = [
  "/dashboard",
  "/dashboard/sites",
  "/dashboard/sites?site=shop",
  "/dashboard/shop?filter=page:contains:/&filter=browser:is:Chrome&sources=utm_campaign",
  "/dashboard/shop/page",
  "/dashboard/shop/realtime",
  "/dashboard/shop/funnel?step=/&step=/pricing&step=signup",
  "/dashboard/shop/journeys?path=/",
  "/dashboard/shop/retention",
  "/dashboard/shop/events?name=signup",
  "/dashboard/shop/forms",
  "/dashboard/shop/scroll",
  "/dashboard/shop/goals",
];

browserTest("no page is wider than a phone of 390 px", async (browser) => {
  await using served = await serveDashboard();
  await served.app.rows("insert into sites (site_id) values ('shop') on conflict do nothing");
  const { page, heard } = await served.open(browser, PAGES[0]!, { viewport: { width: 390, height: 844 } });
  for (const path of PAGES) {
    await page.goto(served.url + path);
    const excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assertEquals([path, await page.evaluate(excess)], [path, 0]);
  }
  assertEquals(heard, []);
});

browserTest(
  "on a phone of 390 px the bars of scroll depths are long enough to compare, below their numbers",
  async (browser) => {
    await using served = await serveDashboard();
    const { page } = await served.open(browser, "/dashboard/shop/scroll", {
      viewport: { width: 390, height: 844 },
    });
    const [bar, number] = await Promise.all(
      [".depths .depth .bar", ".depths .depth span"].map((found) =>
        page.locator(found).first().boundingBox()
      ),
    );
    assertEquals({ isLong: bar!.width >= 70, isBelow: bar!.y >= number!.y + number!.height }, {
      isLong: true,
      isBelow: true,
    });
  },
);

browserTest("on a phone the name stands where no menu needs its room", async (browser) => {
  await using served = await serveDashboard();
  const { page } = await served.open(browser, "/dashboard", { viewport: { width: 390, height: 844 } });
  assertEquals(await page.evaluate(`getComputedStyle(document.querySelector(".brand")).fontSize`), "16px");
});

browserTest("axe finds nothing serious on any page, light or dark", async (browser) => {
  await using served = await serveDashboard();
  await served.app.rows("insert into sites (site_id) values ('shop') on conflict do nothing");
  const axe = await Deno.readTextFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"));
  for (const colorScheme of ["light", "dark"] as const) {
    // The script that looks comes from outside, which the pages would not let in.
    const { page } = await served.open(browser, PAGES[0]!, { colorScheme, bypassCSP: true });
    for (const path of PAGES) {
      await page.goto(served.url + path);
      await page.addScriptTag({ content: axe });
      const found = await page.evaluate(`axe.run().then(({ violations }) => violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" | ")))`);
      assertEquals([path, colorScheme, found], [path, colorScheme, []]);
    }
  }
});

browserTest(
  "without scripts a site's settings are saved, and no button is there that does nothing",
  async (browser) => {
    await using served = await serveDashboard();
    await served.app.rows("insert into sites (site_id) values ('shop') on conflict do nothing");
    const { page } = await served.open(browser, "/dashboard/sites?site=shop", { javaScriptEnabled: false });
    assertEquals(await page.isVisible("[data-copy]"), false);
    await page.fill("[name=retentionDays]", "0");
    await page.fill("[name=redactNames]", "customerNo\nkdnr");
    await page.click(".site-form button");
    assertEquals(
      await page.textContent("#retentionDays-error"),
      "“0” does not fit: give a whole number of days from 1 to 36500, or default.",
    );
    assertEquals(await page.inputValue("[name=redactNames]"), "customerNo\nkdnr");
    await page.fill("[name=retentionDays]", "30");
    await page.click(".site-form button");
    assertEquals(await page.inputValue("[name=retentionDays]"), "30");
    assertEquals(
      await served.app.rows("select retention_days, redact_names from sites where site_id = 'shop'"),
      [
        { retention_days: 30, redact_names: ["customerNo", "kdnr"] },
      ],
    );
  },
);

browserTest("without scripts every view is a page of links, forms and numbers", async (browser) => {
  await using served = await serveDashboard();
  const { page } = await served.open(browser, "/dashboard/shop?period=7d", { javaScriptEnabled: false });
  assert(await page.isVisible("#chart .outline"));
  await page.click("[data-figure=sessions]");
  await page.click("text=Numbers");
  assertEquals(await page.textContent("#series-table caption"), "Sessions by day");
  await page.click("#pages >> text=Exit");
  assertEquals(await page.textContent("#pages thead th"), "Exit page");
  await page.click("summary:has-text('Add filter')");
  await page.selectOption("[name=filter_by]", "page");
  await page.fill("[name=filter_value]", "/pricing");
  await page.click("button:has-text('Add')");
  assertEquals(await figure(page, "sessions"), "6");
});
