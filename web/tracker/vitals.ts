/// <reference no-default-lib="true" />
/// <reference lib="es2022" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference path="../footfall.d.ts" />
/**
 * Web vitals, and with `data-errors` JavaScript errors: a second file, for the pages that ask for it.
 *
 * It reports through `footfall`, so what holds for other events (consent, retries, sampling) holds for these.
 */

/** Entries whose types lib.dom lacks: layout shifts and interactions. */
interface VitalEntry extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
  interactionId: number;
  activationStart: number;
  responseStart: number;
}

/** Errors in a loop must not fill the visitor's storage. */
const MAX_ERRORS = 10;

/** Turbo and htmx run the tags of a body again with each page: the first one reports. */
const RUN = "footfall.vitals";
const isAgain = RUN in history;
history[RUN as never] = 1 as never;

const reportErrors = !isAgain && "errors" in (document.currentScript as HTMLScriptElement).dataset;
const path = location.pathname;
const navigation = performance.getEntriesByType("navigation")[0] as VitalEntry | undefined;
const shownAt = navigation?.activationStart ?? 0;

/** A page that was loaded in the background was painted when nobody waited for it. */
const unseen = document.hidden;

let lcp: number | undefined;
let fcp: number | undefined;
let cls = 0;
const durations = new Map<number, number>();

const round = (value: number | undefined) => value === undefined ? undefined : Math.round(Math.max(0, value));

/** Calls `take` for each entry of a type, those before now included; types that a browser lacks are left out. */
function observe(
  type: string,
  take: (entry: VitalEntry) => void,
  options: Record<string, unknown> = {},
): void {
  try {
    new PerformanceObserver((list) => (list.getEntries() as VitalEntry[]).forEach(take))
      .observe({ type, buffered: true, ...options });
  } catch {
    // Not measured here.
  }
}

if (!unseen) {
  observe("largest-contentful-paint", (entry) => lcp = entry.startTime - shownAt);
  observe("paint", (entry) => {
    if (entry.name === "first-contentful-paint") fcp = entry.startTime - shownAt;
  });
}

// CLS is the worst window of shifts: at most 1 s between two of them, 5 s in all.
let windowStart = -Infinity;
let windowEnd = -Infinity;
let windowValue = 0;
observe("layout-shift", ({ hadRecentInput, startTime, value }) => {
  if (hadRecentInput) return;
  if (startTime - windowEnd > 1000 || startTime - windowStart > 5000) {
    windowStart = startTime;
    windowValue = 0;
  }
  windowEnd = startTime;
  windowValue += value;
  cls = Math.max(cls, windowValue);
});

observe("event", ({ interactionId, duration }) => {
  if (interactionId) durations.set(interactionId, Math.max(duration, durations.get(interactionId) ?? 0));
}, { durationThreshold: 40 });

/** The slowest interaction, leaving out one of each fifty; undefined where none took as long as it is measured. */
function inp(): number | undefined {
  const all = (performance as { interactionCount?: number }).interactionCount ?? durations.size;
  const slowest = [...durations.values()].sort((a, b) => b - a);
  return slowest[Math.min(slowest.length - 1, Math.floor(all / 50))];
}

// The stub that the documentation shows: an error may well come before the tracker does.
self.footfall ??= function (this: void) {
  (self.footfall!.q ??= []).push(arguments);
} as Footfall;

let reported = isAgain;

function report(): void {
  if (reported) return;
  reported = true;
  self.footfall!("event", "web_vitals", {
    path,
    lcp: round(lcp),
    inp: round(inp()),
    cls: Math.round(cls * 1e4) / 1e4,
    ttfb: navigation && round(navigation.responseStart - shownAt),
    fcp: round(fcp),
  });
}

// In the capturing phase of the window, as the tracker listens: whichever tag comes first is asked first.
addEventListener("visibilitychange", () => document.hidden && report(), true);
addEventListener("pagehide", report, true);

let errors = 0;

function reportError(message: unknown, source?: string, line?: number, column?: number): void {
  if (!message || errors++ >= MAX_ERRORS) return;
  self.footfall!("event", "js_error", { message: String(message).slice(0, 500), source, line, column });
}

if (reportErrors) {
  // Resources that fail to load raise an event of the same name, without a message.
  addEventListener(
    "error",
    ({ message, filename, lineno, colno }) => reportError(message, filename, lineno, colno),
  );
  addEventListener("unhandledrejection", ({ reason }) => reportError(reason?.message ?? reason));
}
