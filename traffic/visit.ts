import type { Visitor } from "./audience.ts";
import { interact, type Interaction } from "./page_view.ts";
import { ENTRY_PAGES, FRONT, NEXT_PAGES, type Page } from "./pages.ts";
import type { Random } from "./random.ts";
import type { Source } from "./sources.ts";

/** A page of a visit, with what happens on it. */
export interface PageView {
  page: Page;
  /** Milliseconds since the visit began. */
  openedAt: number;
  /** How long the page stays open. */
  stay: number;
  url: string;
  /** The page before, which may be another site's; empty where there is none. */
  referrer: string;
  interactions: Interaction[];
}

const ORIGIN = "https://shop.example";
const BOUNCES = 0.46;
const MORE_PAGES = 2.4;
const MOST_PAGES = 40;
const MEDIAN_STAY_MS = 32_000;
const LONGEST_STAY_MS = 10 * 60_000;
const LAST_PAGE_BEFORE_MS = 45 * 60_000;

/** No visit is longer: an hour's. */
export const LONGEST_VISIT_MS = LAST_PAGE_BEFORE_MS + LONGEST_STAY_MS + 60_000;

/** The pages that one visitor looks at: one only, often; a few; seldom many. */
export function visitPages(random: Random, source: Source): PageView[] {
  const length = random.chance(BOUNCES)
    ? 1
    : Math.min(MOST_PAGES, 2 + Math.floor(random.exponential(MORE_PAGES)));
  const views: PageView[] = [];
  let openedAt = 0;
  let page: Page = source.query.includes("gclid") ? FRONT : random.weighted(ENTRY_PAGES);
  let referrer = source.referrer;
  while (views.length < length && openedAt < LAST_PAGE_BEFORE_MS) {
    const isLast = views.length === length - 1;
    const next = isLast ? undefined : another(random, page);
    const stay = stayOn(random, page);
    const url = ORIGIN + page.path + (views.length === 0 ? source.query : "");
    views.push({ page, openedAt, stay, url, referrer, interactions: interact(random, page, stay, next) });
    openedAt += stay + random.whole(150, 900);
    referrer = url;
    page = next ?? page;
  }
  return views;
}

/** How many events a visit is: each pageview is one, and each interaction. */
export function countEvents(views: readonly PageView[]): number {
  return views.reduce((sum, { interactions }) => sum + 1 + interactions.length, 0);
}

/** The first `count` events of a visit. */
export function cutVisit(views: readonly PageView[], count: number): PageView[] {
  const kept: PageView[] = [];
  let room = count;
  for (const view of views) {
    if (room === 0) break;
    kept.push({ ...view, interactions: view.interactions.slice(0, room - 1) });
    room -= 1 + kept.at(-1)!.interactions.length;
  }
  return kept;
}

function another(random: Random, page: Page): Page {
  for (;;) {
    const next = random.weighted(NEXT_PAGES);
    if (next !== page) return next;
  }
}

/** Log-normal, as times on pages are; articles hold longer. */
function stayOn(random: Random, page: Page): number {
  const normal = Math.sqrt(random.exponential(2)) * Math.cos(2 * Math.PI * random.share());
  const median = MEDIAN_STAY_MS * (page.kind === "article" ? 2.2 : 1);
  return Math.round(Math.min(LONGEST_STAY_MS, Math.max(1_500, median * Math.exp(normal))));
}

/** The fields that a tracker sends about a browser. */
export function browserOf({ userAgent, language, screen, devicePixelRatio, timezone }: Visitor) {
  return { userAgent, language, ...screen, devicePixelRatio, timezone };
}
