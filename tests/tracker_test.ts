import { assertEquals } from "@std/assert";
import { browserTest } from "./browser.ts";
import { type PageOptions, trackedPages, type Visit } from "./tracked_pages.ts";

/** What one act leaves in `user_events`: `[eventType, eventData]`, without the exit from the page. */
interface Case {
  title: string;
  page: PageOptions;
  act(visit: Visit): Promise<unknown>;
  expected: [string, Record<string, unknown> | null][];
}

const AT = (place: string) => `style="position:fixed;${place};width:80px;height:40px"`;
const STUB = `<script>window.footfall = window.footfall || function () {
  (footfall.q = footfall.q || []).push(arguments);
};</script>`;
const FORM = `<form id="contact" action="/thanks" method="post" onsubmit="event.preventDefault()">`;

const select = (selector: string) =>
  `getSelection().selectAllChildren(document.querySelector("${selector}"))`;
const copy = async ({ page }: Visit, selector: string) => {
  await page.evaluate(select(selector));
  await page.keyboard.press("Control+C");
};

const CASES: Case[] = [
  {
    title: "a click within a button is the button's",
    page: {
      body: `<button id="buy" class="big red" ${
        AT("left:0;top:0")
      }><b style="display:block">  Buy\n </b></button>`,
    },
    act: ({ page }) => page.mouse.click(40, 20),
    expected: [["click", {
      tagName: "BUTTON",
      classes: "big red",
      id: "buy",
      text: "Buy",
      position: { x: 40, y: 20 },
    }]],
  },
  {
    title: "a click on a link to another site",
    page: {
      body: `<a href="https://example.org/there?q=1" onclick="event.preventDefault()" ${
        AT("left:0;top:0")
      }><img alt=""> There</a>`,
    },
    act: ({ page }) => page.mouse.click(40, 20),
    expected: [["click", {
      tagName: "A",
      classes: null,
      id: "",
      href: "https://example.org/there?q=1",
      text: "There",
      position: { x: 40, y: 20 },
    }]],
  },
  {
    title: "a click on a download",
    page: {
      body: `<a id="report" href="https://cdn.example.org/Report.PDF?v=2" onclick="event.preventDefault()" ${
        AT("left:10px;top:0")
      }>Report</a>`,
    },
    act: ({ page }) => page.mouse.click(40, 20),
    expected: [["click", {
      tagName: "A",
      classes: null,
      id: "report",
      href: "https://cdn.example.org/Report.PDF?v=2",
      text: "Report",
      position: { x: 40, y: 20 },
      isDownload: true,
      fileType: "PDF",
    }]],
  },
  {
    title: "a click beside links and buttons is the element's, without its text",
    page: { body: `<svg class="logo" ${AT("left:0;top:0")}><rect id="r" width="80" height="40"/></svg>` },
    act: ({ page }) => page.mouse.click(5, 6),
    expected: [["click", { tagName: "rect", classes: null, id: "r", text: null, position: { x: 5, y: 6 } }]],
  },
  {
    title: "a label that data-private encloses stays in the browser",
    page: { body: `<div data-private><button ${AT("left:0;top:0")}>Ada's file</button></div>` },
    act: ({ page }) => page.mouse.click(5, 6),
    expected: [["click", {
      tagName: "BUTTON",
      classes: null,
      id: "",
      text: "[redacted]",
      position: { x: 5, y: 6 },
    }]],
  },
  {
    title: "scrolling tells each depth once, and where it came to rest",
    page: { body: `<div style="height:2700px"></div>` },
    async act({ page, arrived }) {
      await page.evaluate("scrollTo(0, 1100)");
      await page.waitForTimeout(700); // longer than the half second after which scrolling has stopped
      await page.evaluate("scrollTo(0, 0)");
      await page.evaluate("scrollTo(0, 2000)");
      await page.waitForTimeout(700);
      await arrived(1);
    },
    expected: [
      ["scroll_depth", { milestone: 25, timeToMilestone: "ms", scrollPercentage: 55 }],
      ["scroll_depth", { milestone: 50, timeToMilestone: "ms", scrollPercentage: 55 }],
      ["scroll", { scrollPercentage: 55, scrollTop: 1100, documentHeight: 2700, windowHeight: 700 }],
      ["scroll_depth", { milestone: 75, timeToMilestone: "ms", scrollPercentage: 100 }],
      ["scroll_depth", { milestone: 100, timeToMilestone: "ms", scrollPercentage: 100 }],
      ["scroll", { scrollPercentage: 100, scrollTop: 2000, documentHeight: 2700, windowHeight: 700 }],
    ],
  },
  {
    title: "copied text is measured and shown in part; of a private section only measured",
    page: { body: `<p>${"ten chars ".repeat(9)}</p><p id="private" data-private>my address</p>` },
    act: (visit) => copy(visit, "p").then(() => copy(visit, "#private")),
    expected: [
      ["text_copy", { textLength: 89, textPreview: "ten chars ".repeat(5) }],
      ["text_copy", { textLength: 10, textPreview: "[redacted]" }],
    ],
  },
  {
    title: "a hidden tab and one shown again",
    page: {},
    async act({ page }) {
      for (const hidden of [true, false]) {
        await page.evaluate(
          `Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
          document.dispatchEvent(new Event("visibilitychange", { bubbles: true }))`,
        );
      }
    },
    expected: [
      ["page_visibility", { hidden: true, timeSpent: "ms" }],
      ["page_visibility", { hidden: false, timeSpent: "ms" }],
    ],
  },
  {
    title: "events of one's own, before the tracker has loaded and after",
    page: { head: `${STUB}<script>footfall("event", "early", { plan: "free" })</script>` },
    async act({ tell }) {
      await tell("event", "signup", { plan: "pro", seats: 3 });
      await tell("identify", { userId: "42" });
      await tell("no such command");
    },
    expected: [
      ["early", { plan: "free" }],
      ["signup", { plan: "pro", seats: 3 }],
      ["identify", { userId: "42" }],
    ],
  },
  {
    title: "nothing is collected between pause and resume",
    page: { body: "<button>x</button>" },
    async act({ page, tell }) {
      await tell("pause");
      await page.click("button");
      await tell("event", "while");
      await tell("resume");
      await tell("event", "after");
    },
    expected: [["after", null]],
  },
  {
    title: "a form that was begun and left for another, and that one with the page",
    page: {
      body: `${FORM}<input name="q"></form><form id="news"><input name="mail"></form><input id="loose">`,
    },
    async act({ page }) {
      await page.fill("#loose", "x");
      await page.fill("[name=q]", "tea");
      await page.fill("[name=mail]", "ada@example.com");
    },
    expected: [
      ["form_start", { formId: "contact", formAction: "/thanks", formMethod: "post" }],
      ["form_abandon", { formId: "contact", formAction: "/thanks", formMethod: "post" }],
      ["form_start", { formId: "news", formAction: null, formMethod: null }],
      ["form_abandon", { formId: "news", formAction: null, formMethod: null }],
    ],
  },
  {
    title: "a search that answers as one types, and a form without a way to submit it, are never abandoned",
    page: {
      body: `<form role="search"><input name="text"><button>x</button></form>
        <form><input type="search" name="word"><button>x</button></form>
        <form><input name="one"><input name="two"><button type="button">x</button></form>`,
    },
    async act({ page }) {
      for (const name of ["text", "word", "one"]) await page.fill(`[name=${name}]`, "tea");
    },
    expected: [],
  },
  {
    title: "links and forms within an open shadow root",
    page: {
      body: `<x-card></x-card><x-panel data-private></x-panel><script>
        document.querySelector("x-card").attachShadow({ mode: "open" }).innerHTML =
          '<a href="https://example.org/in" onclick="event.preventDefault()" ${
        AT("left:0;top:0")
      }><b>In</b></a>' +
          '<form id="inner" onsubmit="event.preventDefault()"><input name="q"><button ${
        AT("left:0;top:60px")
      }>Go</button></form>';
        document.querySelector("x-panel").attachShadow({ mode: "open" }).innerHTML =
          '<button ${AT("left:0;top:120px")}>Ada</button>';
      </script>`,
    },
    async act({ page }) {
      await page.mouse.click(5, 6);
      await page.fill("[name=q]", "tea");
      await page.mouse.click(5, 66);
      await page.mouse.click(5, 126);
    },
    expected: [
      ["click", {
        tagName: "A",
        classes: null,
        id: "",
        href: "https://example.org/in",
        text: "In",
        position: { x: 5, y: 6 },
      }],
      ["form_start", { formId: "inner", formAction: null, formMethod: null }],
      ["click", { tagName: "BUTTON", classes: null, id: "", text: "Go", position: { x: 5, y: 66 } }],
      ["form_submit", { formId: "inner", formAction: null, formMethod: null, formData: { q: "tea" } }],
      ["click", { tagName: "BUTTON", classes: null, id: "", text: "[redacted]", position: { x: 5, y: 126 } }],
    ],
  },
  {
    title: "a link that the middle button opens, and no other",
    page: {
      body: `<a href="https://example.org/there" ${AT("left:0;top:0")}>There</a>
        <script>addEventListener("auxclick", (event) => event.preventDefault())</script>`,
    },
    async act({ page }) {
      await page.mouse.click(5, 6, { button: "middle" });
      await page.mouse.click(5, 6, { button: "right" });
    },
    expected: [["click", {
      tagName: "A",
      classes: null,
      id: "",
      href: "https://example.org/there",
      text: "There",
      position: { x: 5, y: 6 },
    }]],
  },
];

/** What differs from run to run: that it was measured stands for what. */
const untimed = (key: string, value: unknown) => /^time(Spent|To)/.test(key) ? "ms" : value;

browserTest("each kind of event arrives whole in user_events", async (browser) => {
  await using site = await trackedPages();
  const stored: Record<string, unknown[]> = {};
  const heard: string[] = [];
  for (const { title, page, act, expected } of CASES) {
    await using visit = await site.visit(browser, { "*": page });
    await visit.open("/kinds");
    await visit.arrived(1);
    await act(visit);
    await visit.leave();
    await visit.arrived(expected.length + 2);
    const pages = ["pageview", "page_exit"];
    const events = (await visit.events()).map(([type, path, eventData]) => {
      assertEquals(path, "/kinds");
      return [type, JSON.parse(JSON.stringify(eventData), untimed)];
    });
    stored[title] = events.filter(([type]) => !pages.includes(type));
    assertEquals(events.map(([type]) => type).filter((type) => pages.includes(type)), pages, title);
    heard.push(...visit.heard);
  }
  assertEquals(stored, Object.fromEntries(CASES.map(({ title, expected }) => [title, expected])));
  assertEquals(heard, []);
});
