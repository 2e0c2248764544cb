/// <reference no-default-lib="true" />
/// <reference lib="es2022" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference path="../footfall.d.ts" />
/** The page in view: what happens on it, the time spent on it, and `footfall`, the one global. */
// deno-lint-ignore-file eqeqeq -- an equals sign is a byte
import { redact } from "./redact.ts";
import { flush } from "./delivery.ts";
import { options, site } from "./options.ts";
import { drop, get, keys, put, storage, uuid } from "./store.ts";

declare global {
  interface Navigator {
    globalPrivacyControl?: boolean;
  }
  interface Document {
    prerendering?: boolean;
  }
}

type Listener = (event: never, target: never) => void;

let { href: url, pathname: path } = location;

/** The address of the last pageview, as far as it tells pages apart. */
let last: string;

/** When the page came into view; 0 until its pageview is stored, and once it is left. */
let start: number;

/** The latest sign of life, and the time for which there were some. */
let latest: number;
let engaged: number;
let visible: unknown;

/** Until the page is shown, and while the page asks for it. */
let paused: unknown = 1;

let scrolled: ReturnType<typeof setTimeout> | undefined;

/** The form that is being filled in. */
let begun: HTMLFormElement | 0 | undefined;
let added = 0;

/** The scroll depth to be reached next, in percent. */
let milestone: number;

/** Counts the time since the last sign of life, if the page was visible all along: 15 s of it at most. */
const alive = () => {
  const now = new Date() as unknown as number;
  if (visible) engaged += Math.min(now - latest, 15e3);
  latest = now;
  visible = !document.hidden;
};

/** Stores one event, to be sent with others: 50 of them, or after a pageview, a form, a minute. */
const add = (
  eventType: string,
  eventData: unknown,
  details?: Record<string, unknown>,
  timestamp = new Date() as unknown as number,
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
      eventType,
      eventId,
      timestamp,
      siteId: site,
      ...storage.length && { visitorId: get("v"), sessionId: get("s") },
      url,
      path,
      eventData,
      ...details,
    }),
  );
  // Only pageviews come with details.
  if (details) start = latest;
  ++added % 50 && !/w$|ub/.test(eventType) || flush();
};

/** A page has come into view; does nothing where its pageview is stored already. */
const view = (again: unknown = !start) => {
  const next = location.href.split("hash" in options ? " " : "#")[0]!;
  if (again || next != last) {
    alive();
    exit();
    ({ href: url, pathname: path } = location);
    engaged = start = 0;
    milestone = 25;
    clearTimeout(scrolled);
    add("pageview", {}, {
      browser: {
        screenWidth: screen.width,
        screenHeight: screen.height,
        viewportWidth: innerWidth,
        viewportHeight: innerHeight,
        devicePixelRatio,
        timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      },
      page: { title: document.title, referrer: last || document.referrer },
      dropped: get("d"),
    });
    last = next;
  }
};

/** One of the three events of a form's life. */
const addForm = (type: string, form: HTMLFormElement, formData?: unknown) =>
  // Not `form.id`: a field named "id" would stand in its place.
  add("form_" + type, {
    formId: form.getAttribute("id"),
    formAction: form.getAttribute("action"),
    formMethod: form.getAttribute("method"),
    formData,
  });

const abandon = () => {
  if (begun) addForm("abandon", begun);
  begun = 0;
};

const exit = () => {
  abandon();
  if (start) add("page_exit", { timeSpent: latest - start, engagedTime: engaged });
};

const listeners: Record<string, Listener> = {
  handleEvent(event: Event) {
    try {
      alive();
      listeners[event.type]!(event as never, event.target as never);
    } catch {
      // The page must run as if the tracker were not there: better an event less than a word on the console.
    }
  },

  click(event: MouseEvent, target: HTMLInputElement & HTMLAnchorElement) {
    const control = target.closest("a,button") as typeof target | null;
    const element = control || target;
    const file = /\.(pdf|zip|csv|docx?|xlsx?|pptx?|mp\d|exe|dmg)$/i.exec(element.pathname);
    add("click", {
      tagName: element.tagName,
      // `className` is an object on SVG elements.
      classes: element.getAttribute("class"),
      id: element.id,
      href: element.href,
      // The text of a whole section is no label, and may be anything.
      text: control && redact(element.textContent!.trim(), element),
      position: { x: event.x, y: event.y },
      ...file && { isDownload: true, fileType: file[1] },
    });
  },

  scroll(_event: Event, target: Document) {
    // Elements that scroll have no `documentElement`: this throws for them, and that is the end of it.
    const documentHeight = target.documentElement.scrollHeight;
    const windowHeight = innerHeight;
    const scrollTop = scrollY | 0;
    const scrollPercentage = Math.min(100, 100 * scrollTop / (documentHeight - windowHeight) + .5 | 0);
    for (; milestone <= scrollPercentage; milestone += 25) {
      add("scroll_depth", { milestone, timeToMilestone: latest - start, scrollPercentage });
    }
    clearTimeout(scrolled);
    scrolled = setTimeout(
      () => add("scroll", { scrollPercentage, scrollTop, documentHeight, windowHeight }),
      500,
    );
  },

  copy(_event: Event, target: HTMLInputElement) {
    const text = "" + getSelection();
    if (text) add("text_copy", { textLength: text.length, textPreview: redact(text, target).slice(0, 50) });
  },

  input(_event: Event, { form }: HTMLInputElement) {
    if (form && form != begun) {
      abandon();
      addForm("start", begun = form);
    }
  },

  submit(_event: Event, form: HTMLFormElement) {
    const formData: Record<string, string> = {};
    for (const field of form.elements as unknown as HTMLInputElement[]) {
      if (field.name && (field.checked || !/box|radio|button|submit|set|image|file/.test(field.type))) {
        formData[field.name] = redact(field.value, field);
      }
    }
    begun = 0;
    addForm("submit", form, formData);
  },

  pointermove() {},

  // A route's title is often set after its address: wait for it.
  popstate() {
    setTimeout(view, 99);
  },

  pageshow: (event: PageTransitionEvent) => event.persisted && view(1),

  pagehide() {
    exit();
    start = 0;
    flush(1);
  },

  visibilitychange() {
    // While the page is being left, its exit has said it all.
    if (start) add("page_visibility", { hidden: !visible, timeSpent: latest - start });
    if (!visible) flush(1);
  },

  /** Begins: a prerendered page that is never shown was never viewed. */
  prerenderingchange() {
    paused = 0;
    self.footfall?.q?.map((call) => footfall(...call as unknown as [string]));
    self.footfall = footfall;
    view();
  },
};

const footfall = (command: string, first?: unknown, second?: unknown) => {
  if (command == "event") add(first as string, second);
  else if (command == "identify") add(command, first);
  else {
    if (command == "consent") {
      first || keys("").map(drop);
      put("c", +first!);
    } else paused = command == "pause";
    view();
  }
};

for (const method of ["pushState", "replaceState"] as const) {
  const original = history[method];
  history[method] = (...state) => {
    view();
    original.apply(history, state);
    setTimeout(view, 99);
  };
}

for (const type in listeners) {
  addEventListener(type, listeners as unknown as EventListenerObject, 1 as unknown as boolean);
}
setInterval(flush, 6e4);
document.prerendering || (listeners.prerenderingchange as () => void)();
