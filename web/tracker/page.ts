/// <reference no-default-lib="true" />
/// <reference lib="es2022" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference path="../footfall.d.ts" />
/**
 * The page in view: what happens on it, the time spent on it, and `footfall`, the one global. Where the order of keys and
 * methods is free, it is the one that compresses best.
 */
// deno-lint-ignore-file eqeqeq -- an equals sign is a byte
import { flush } from "./delivery.ts";
import { options, site } from "./options.ts";
import { abandon, input, submit } from "./forms.ts";
import { redact } from "./redact.ts";
import { drop, get, keys, put, storage, uuid } from "./store.ts";

type Listener = (event: never, target: never) => void;

let scrolled: ReturnType<typeof setTimeout> | undefined;

/** Sent with each event of a browser that a program drives. */
const browser = navigator.webdriver ? { webdriver: true } : undefined;

/** The scroll depth to be reached next, and where the page stood when that was last looked at, in percent. */
let milestone: number;
let seen: number;

/** The address as far as it tells pages apart, and that of the last pageview. */
let address: string;
let from: string | undefined;

let added = 0;

/**
 * The title, if it has changed since the pageview was stored. It counts late, since it may be the next page's: Astro's router
 * sets that some milliseconds before the address, and Solid's at the click, while the page still loads.
 */
let title: string | undefined;

/** The latest sign of life, and the time for which there were some. */
let latest: number;
let engaged: number;
let visible: unknown;

/** Until the page is shown, and while the page asks for it. */
let paused: unknown = 1;

/** The address by which the view began, while it may turn out to be a redirect: its pageview is not stored yet. */
let entry: string | 0 | undefined;

/** Where the page in view is: its whole address, and what of it names the page. */
let url: string;
let path: string;

/** When the page came into view; its pageview's id once that is stored, and until the page is left. */
let started: number;
let viewId: string | 0 | undefined;

/** Whether something was clicked in this view. */
let clicked: unknown;

/** Counts the time since the last sign of life, if the page was visible all along: 15 s of it at most. */
const alive = () => {
  const now = new Date() as unknown as number;
  if (visible) engaged += Math.min(now - latest, 15e3);
  latest = now;
  visible = !document.hidden;
};

/** Stores one event, to be sent with others: 50 of them, with a pageview, a form, after a minute. */
export const add = (
  eventType: string,
  eventData: unknown,
  timestamp = new Date() as unknown as number,
  details?: Record<string, unknown>,
  eventId = uuid(),
) => {
  if (
    paused || navigator.doNotTrack as unknown == 1 || navigator.globalPrivacyControl ||
    (get("c") ?? options.consent) as unknown == 0 || options[eventType] == "off" ||
    path.match(options.exclude || " ")
  ) return;
  get("v") || put("v", "vis_" + uuid());
  // The random digits of the visitor's id decide, so a visitor is in the sample or out of it for good.
  if ((get("v").slice(-6) as unknown as number) >= (options.sampleRate as unknown as number) * 1e6) return;
  // Leaving a page neither begins a visit nor prolongs it: it may be days after the visitor went.
  if (!/^page_/.test(eventType)) {
    timestamp - (get("t") as unknown as number) < 18e5 || put("s", "sess_" + uuid());
    put("t", +timestamp);
  }
  put(
    eventId,
    JSON.stringify({
      url,
      path,
      eventType,
      siteId: site,
      eventId,
      timestamp,
      eventData,
      browser,
      ...storage.length && { visitorId: get("v"), sessionId: get("s") },
      ...details,
    }),
  );
  // Only pageviews come with details.
  if (details) {
    title = undefined;
    viewId = eventId;
    from = address;
  }
  ++added % 50 && !/ub/.test(eventType) || flush();
};

/**
 * A page has come into view; does nothing where it is in view already. `replacing`: another query of the same page is no
 * other page.
 */
export const view = (pushed: unknown): void => {
  const next = new URL(location as never);
  let nextPath = next.pathname;
  if ("hash" in options) nextPath += next.hash.split("?")[0];
  else next.hash = "";
  options.ignoreQuery?.split(/[ ,]+/).map((name) => name ? next.searchParams.delete(name) : next.search = "");
  if (!viewId && !entry || (pushed ? next.href != address : nextPath != path)) {
    alive();
    // A view that nobody had the time to see was a redirect: this one takes its place.
    if (!entry) {
      exit();
      entry = location.href;
      started = latest;
      milestone = 25;
      setTimeout(() => {
        measure();
        flush();
      }, 500);
    }
  }
  path = nextPath;
  url = location.href;
  address = next.href;
};

/**
 * Stores the pageview of the page in view, once, and looks how far down the page is; who scrolls, clicks or leaves has
 * seen that.
 */
const measure = () => {
  if (entry) {
    add("pageview", {}, started, {
      // A redirect keeps the address that was redirected: campaigns are named there.
      url: entry,
      browser: {
        ...browser,
        viewportWidth: innerWidth,
        screenWidth: screen.width,
        devicePixelRatio,
        viewportHeight: innerHeight,
        screenHeight: screen.height,
        timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      },
      page: { referrer: from || document.referrer, title: document.title },
      dropped: get("d"),
    });
    entry = 0;
  }
  const documentHeight = document.documentElement.scrollHeight;
  const scrollTop = scrollY | 0;
  const windowHeight = innerHeight;
  // What fits on the screen is seen to its end.
  seen = documentHeight > windowHeight
    ? Math.min(100, 100 * scrollTop / (documentHeight - windowHeight) + .5 | 0)
    : 100;
  return { windowHeight, documentHeight, scrollTop, scrollPercentage: seen };
};

const exit = () => {
  abandon();
  if (viewId) {
    add(
      "page_exit",
      { scrollPercentage: seen, title, viewId, engagedTime: engaged, timeSpent: latest - started },
      // Before the next view, which may be of the same page.
      new Date(latest - 1) as never,
    );
  }
  clearTimeout(scrolled);
  clicked = engaged = viewId = 0;
};

export const listeners: Record<string, Listener> = {
  handleEvent(event: Event) {
    try {
      // Not `event.target`, which is the host of a shadow root.
      const target = event.composedPath()[0] as Element;
      alive();
      listeners[event.type]!(event as never, target as never);
      const root = target.getRootNode() as ShadowRoot;
      // A form's submission is not heard outside of its shadow root.
      if (root.host) root.addEventListener("submit", listeners as never, true);
    } catch {
      // The page must run as if the tracker were not there: better an event less than a word on the console.
    }
  },

  submit,

  input,

  copy(_event: Event, target: HTMLInputElement) {
    const text = "" + getSelection();
    if (text) add("text_copy", { textPreview: redact(text, target).slice(0, 50), textLength: text.length });
  },

  pagehide() {
    measure();
    exit();
    flush(1);
  },

  pointermove() {},

  visibilitychange() {
    measure();
    // While the page is being left, its exit has said it all.
    if (viewId) add("page_visibility", { hidden: !visible, timeSpent: latest - started });
    if (!visible) flush(1);
  },

  // Restored by the back button: `pagehide` has left it.
  pageshow: view,

  scroll(_event: Event, target: Document) {
    // Neither elements that scroll, nor what a router scrolls while it changes pages.
    if (target == document && !(entry && from)) {
      const eventData = measure();
      for (; milestone <= seen; milestone += 25) {
        add("scroll_depth", { scrollPercentage: seen, milestone, timeToMilestone: latest - started });
      }
      clearTimeout(scrolled);
      scrolled = setTimeout(() => add("scroll", eventData), 500);
    }
  },

  click(event: MouseEvent, target: HTMLInputElement & HTMLAnchorElement) {
    const control = event.composedPath().find((each) =>
      (each as Element).matches?.("a,button")
    ) as typeof target;
    const element = control || target;
    measure();
    const file = /\.(pdf|zip|csv|docx?|xlsx?|pptx?|mp\d|exe|dmg)$/i.exec(element.pathname);
    clicked = event;
    // The middle one opens links, the others do not.
    event.button < 2 && add("click", {
      // The text of a whole section is no label, and may be anything.
      text: control ? redact(element.textContent!.trim(), element) : null,
      id: element.id,
      tagName: element.tagName,
      position: { x: event.x, y: event.y },
      ...file && { isDownload: true, fileType: file[1] },
      // `className` is an object on SVG elements.
      classes: element.getAttribute("class"),
      href: element.href,
    });
  },

  popstate: view,

  /** Begins: a prerendered page that is never shown was never viewed. */
  prerenderingchange() {
    paused = 0;
    new MutationObserver(() => setTimeout(() => title = document.title, clicked ? 1e3 : 99))
      .observe(document.head, { characterData: 1 as never, subtree: 1 as never, childList: 1 as never });
    view(1);
    self.footfall?.q?.map((call) => footfall(...call as unknown as [string]));
    self.footfall = footfall;
  },
};

listeners.auxclick = listeners.click!;

const footfall = (command: string, first?: unknown, second?: unknown) => {
  if (command == "event") add(first as string, second);
  else if (command == "identify") add(command, first);
  else {
    if (command == "consent") {
      first || keys("").map(drop);
      put("c", +first!);
    } else paused = command == "pause";
    view(1);
  }
};
