import { assertEquals } from "@std/assert";
import { browserTest } from "./browser.ts";
import { trackedPages } from "./tracked_pages.ts";

// A large text, a button that blocks for 120 ms, a shift of the layout.
const BODY = `<h1>Large text</h1>
<button onclick="const t = performance.now(); while (performance.now() - t < 120);">slow</button>
<script>
setTimeout(() => document.body.prepend(Object.assign(document.createElement("div"), { style: "height:300px", id: "shift" })), 100);
</script>`;

// Once the page has loaded, and the scripts that listen with it.
const ERRORS = `setTimeout(() => { throw new Error("boom"); });
setTimeout(() => { Promise.reject(new TypeError("nope")); setTimeout(() => document.body.dataset.done = 1, 50); });`;

browserTest("web vitals and errors come where the page asks for them, and only there", async (browser) => {
  await using site = await trackedPages();
  const vitals = `<script defer src="${site.collector.origin}/vitals.js" data-errors></script>`;
  await using asked = await site.visit(browser, { "/": { head: vitals, body: BODY } });
  await asked.open("/");
  await asked.page.waitForSelector("#shift");
  await asked.page.addScriptTag({ content: ERRORS });
  await asked.page.waitForSelector("[data-done]");
  await asked.page.click("button");
  // An interaction counts once its next frame was painted.
  await asked.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))");
  await asked.leave();
  await asked.arrived(6);

  await using unasked = await site.visit(browser, { "/": { body: BODY } });
  await unasked.open("/");
  await unasked.page.waitForSelector("#shift");
  await unasked.page.addScriptTag({ content: ERRORS });
  await unasked.page.waitForSelector("[data-done]");
  await unasked.leave();
  await unasked.arrived(2);

  const events = await asked.events();
  const dataOf = (type: string) =>
    events.filter(([eventType]) => eventType === type).map(([, , data]) => data);
  assertEquals(dataOf("js_error").map(({ message }) => message).toSorted(), ["Uncaught Error: boom", "nope"]);
  const [measured, ...more] = dataOf("web_vitals") as Record<string, number>[];
  assertEquals(more, []);
  const { lcp, inp, cls, ttfb, fcp } = measured!;
  assertEquals(
    { lcp: lcp! > 0, inp: inp! >= 100, cls: cls! > 0, ttfb: ttfb! >= 0, fcp: fcp! > 0 },
    { lcp: true, inp: true, cls: true, ttfb: true, fcp: true },
    JSON.stringify(measured),
  );
  assertEquals((await unasked.events()).map(([eventType]) => eventType), ["pageview", "page_exit"]);
});
