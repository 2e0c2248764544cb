import { assertEquals } from "@std/assert";
import { browserTest } from "./browser.ts";
import { RUN_TAGS_AGAIN, trackedPages } from "./tracked_pages.ts";

// A large text, and a button that blocks for 120 ms.
const BODY = `<h1>Large text</h1>
<button onclick="const t = performance.now(); while (performance.now() - t < 120);">slow</button>`;

/** What the browser has measured so far of one type, `found` among them: the page's own observers have heard it too. */
const measured = (type: string, found: string) =>
  `new Promise((done) => new PerformanceObserver((list) => list.getEntries().some(${found}) && setTimeout(done))
    .observe({ type: "${type}", buffered: true, durationThreshold: 40 }))`;

// Only what was painted before can shift.
const SHIFT = `${measured("paint", "({ name }) => name === 'first-contentful-paint'")}.then(() => {
  document.body.prepend(Object.assign(document.createElement("div"), { style: "height:300px" }));
  return ${measured("layout-shift", "({ value }) => value > 0")};
})`;

// Once the page has loaded, and the scripts that listen with it.
const ERRORS = `setTimeout(() => { throw new Error("boom"); });
setTimeout(() => { Promise.reject(new TypeError("nope")); setTimeout(() => document.body.dataset.done = 1, 50); });`;

browserTest("web vitals and errors come where the page asks for them, and only there", async (browser) => {
  await using site = await trackedPages();
  const script = `<script defer src="${site.collector.origin}/vitals.js" data-errors></script>`;
  await using asked = await site.visit(browser, { "/": { head: script, body: BODY } });
  await asked.open("/");
  await asked.page.evaluate(SHIFT);
  await asked.page.addScriptTag({ content: ERRORS });
  await asked.page.waitForSelector("[data-done]");
  await asked.page.click("button");
  // An interaction counts once its next frame was painted.
  await asked.page.evaluate(measured("event", "({ interactionId }) => interactionId > 0"));
  await asked.leave();
  await asked.arrived(6);

  await using unasked = await site.visit(browser, { "/": { body: BODY } });
  await unasked.open("/");
  await unasked.page.evaluate(SHIFT);
  await unasked.page.addScriptTag({ content: ERRORS });
  await unasked.page.waitForSelector("[data-done]");
  await unasked.leave();
  await unasked.arrived(2);

  const events = await asked.events();
  const dataOf = (type: string) =>
    events.filter(([eventType]) => eventType === type).map(([, , data]) => data);
  assertEquals(dataOf("js_error").map(({ message }) => message).toSorted(), ["Uncaught Error: boom", "nope"]);
  const [vitals, ...more] = dataOf("web_vitals") as Record<string, number>[];
  assertEquals(more, []);
  const { lcp, inp, cls, ttfb, fcp } = vitals!;
  assertEquals(
    { lcp: lcp! > 0, inp: inp! >= 100, cls: cls! > 0, ttfb: ttfb! >= 0, fcp: fcp! > 0 },
    { lcp: true, inp: true, cls: true, ttfb: true, fcp: true },
    JSON.stringify(vitals),
  );
  assertEquals((await unasked.events()).map(([eventType]) => eventType), ["pageview", "page_exit"]);
});

browserTest("a page that runs the tags again reports its vitals and an error once", async (browser) => {
  await using site = await trackedPages();
  const script = `<script defer src="${site.collector.origin}/vitals.js" data-errors></script>`;
  await using visit = await site.visit(browser, { "/": { head: script, body: BODY } });
  await visit.open("/");
  await visit.arrived(1);
  await visit.page.evaluate(`(async () => {
    ${RUN_TAGS_AGAIN}
    dispatchEvent(new ErrorEvent("error", { message: "boom" }));
  })()`);
  await visit.leave();
  await visit.arrived(4);
  const events = await visit.events();
  assertEquals(events.map(([eventType]) => eventType).toSorted(), [
    "js_error",
    "page_exit",
    "pageview",
    "web_vitals",
  ]);
});
