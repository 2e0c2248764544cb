import { assertEquals, assertMatch } from "@std/assert";
import type { Browser, Page } from "playwright-core";
import { browserTest } from "./browser.ts";
import { withVisits } from "./dashboard_visits.ts";
import { ADMIN_TOKEN, type TestApp } from "./fixtures.ts";

/** Shows a page of the dashboard to the admin, in German. */
async function withPage(
  browser: Browser,
  path: string,
  work: (page: Page, app: TestApp) => Promise<void>,
): Promise<void> {
  await using app = await withVisits();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => app.request(request.url, { headers: request.headers }),
  );
  try {
    const context = await browser.newContext({
      locale: "de-DE",
      extraHTTPHeaders: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${server.addr.port}${path}`);
    await work(page, app);
    await context.close();
  } finally {
    await server.shutdown();
  }
}

const DAYS = "from=2026-03-04&to=2026-03-20";

browserTest("a list is downloaded as the browser's Excel opens it", async (browser) => {
  await withPage(browser, `/dashboard/shop/entry?${DAYS}`, async (page) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Download CSV")]);
    assertEquals(download.suggestedFilename(), "shop-entry-2026-03-04-2026-03-20.csv");
    const file = await Deno.readFile(await download.path());
    assertEquals([...file.slice(0, 3)], [0xef, 0xbb, 0xbf]);
    assertMatch(new TextDecoder().decode(file), /^value;sessions;.*\r\n\/;2;3;1;0,5;/);
  });
});

browserTest("values from right to left leave what follows them on their right", async (browser) => {
  const turned = encodeURIComponent("\u2069\u202egnp.exe");
  const path = `/dashboard/shop?${DAYS}&filter=utm_term:is:${turned}|b|${encodeURIComponent("שלום")}|c`;
  await withPage(browser, path, async (page) => {
    // The places of the letters `b` and `c`, and of both values, from left to right.
    const places = await page.evaluate(`
      const span = document.querySelector(".chip span");
      const left = (node, at) => {
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        return range.getBoundingClientRect().left;
      };
      const walker = document.createTreeWalker(span, NodeFilter.SHOW_TEXT);
      const found = [];
      for (let node; node = walker.nextNode();) {
        if (node.parentElement.tagName === "BDI") found.push(["value", node.parentElement.getBoundingClientRect().left]);
        else for (const letter of "bc") {
          const at = node.data.search(new RegExp("(^| )" + letter + "( |$)"));
          if (at >= 0) found.push([letter, left(node, node.data.indexOf(letter, at))]);
        }
      }
      found.sort(([, a], [, b]) => a - b).map(([name]) => name).join(" ")`);
    assertEquals(places, "value b value c");
  });
});

browserTest("the chart is drawn where its first and its last week are partial", async (browser) => {
  await withPage(browser, `/dashboard/shop?${DAYS}&interval=week`, async (page) => {
    await page.waitForSelector("#chart .u-over");
    await page.hover("#chart .u-over", { position: { x: 5, y: 60 } });
    await page.waitForSelector(".tooltip:visible");
    assertEquals(await page.textContent(".tooltip-title"), "Week of 4 Mar 2026 (partial)");
    assertEquals(await page.textContent(".tooltip-before"), "0 · Week of 11 Feb 2026 (partial)");
    if (Deno.env.get("SHOT")) await page.screenshot({ path: Deno.env.get("SHOT")!, fullPage: false });
  });
});
