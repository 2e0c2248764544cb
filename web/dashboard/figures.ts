import type { Totals } from "../../db/stats/totals.ts";
import type { FigureUnit } from "./format.ts";
import { MEANINGS } from "./meanings.ts";

export interface FigureName {
  title: string;
  unit: FigureUnit;
  /** Whether more of it is good news. */
  moreIsGood: boolean;
  /** What it counts, where its title does not say it. */
  definition?: string;
}

/** What the tracker sends by itself, in words. */
export const AUTOMATIC_EVENTS =
  "What the tracker sends by itself: clicks, copied text, scrolling, hiding and leaving a page, forms that are begun and abandoned, web vitals, errors.";

/** What the panel of events lists, in words. */
export const NAMED_EVENTS =
  "Events that the site sends under names of its own, and submitted forms. Not what the tracker sends by itself: clicks, copied text, scrolling, hiding and leaving a page, forms that are begun and abandoned, web vitals, errors.";

/** The figures of a period, in the order in which they stand. */
export const FIGURES: Record<keyof Totals, FigureName> = {
  visitors: { title: "Visitors", unit: "count", moreIsGood: true },
  sessions: { title: "Sessions", unit: "count", moreIsGood: true },
  pageviews: { title: "Pageviews", unit: "count", moreIsGood: true },
  pagesPerSession: { title: "Pages a session", unit: "decimal", moreIsGood: true },
  bounceRate: {
    title: "Bounce rate",
    unit: "share",
    moreIsGood: false,
    definition:
      "Of the sessions with a pageview, the share of those with no second one, no event of the site’s own and no submitted form.",
  },
  engagedSeconds: {
    title: "Engaged time",
    unit: "seconds",
    moreIsGood: true,
    definition: MEANINGS.engagedSeconds,
  },
  sessionSeconds: {
    title: "Mean duration",
    unit: "seconds",
    moreIsGood: true,
    definition: MEANINGS.sessionSeconds,
  },
  events: {
    title: "Events",
    unit: "count",
    moreIsGood: true,
    definition:
      "Everything but pageviews: the site’s own events and forms, and what the tracker sends by itself, such as clicks, scrolling and leaving a page.",
  },
};

export type Figure = keyof Totals;

export const FIGURE_KEYS = Object.keys(FIGURES) as Figure[];
