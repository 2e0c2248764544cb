import type { Totals } from "../../db/stats/totals.ts";
import type { FigureUnit } from "./format.ts";

export interface FigureName {
  title: string;
  unit: FigureUnit;
  /** Whether more of it is good news. */
  moreIsGood: boolean;
}

/** The figures of a period, in the order in which they stand. */
export const FIGURES: Record<keyof Totals, FigureName> = {
  visitors: { title: "Visitors", unit: "count", moreIsGood: true },
  sessions: { title: "Sessions", unit: "count", moreIsGood: true },
  pageviews: { title: "Pageviews", unit: "count", moreIsGood: true },
  pagesPerSession: { title: "Pages a session", unit: "decimal", moreIsGood: true },
  bounceRate: { title: "Bounce rate", unit: "share", moreIsGood: false },
  engagedSeconds: { title: "Engaged time", unit: "seconds", moreIsGood: true },
  sessionSeconds: { title: "Mean duration", unit: "seconds", moreIsGood: true },
  events: { title: "Events", unit: "count", moreIsGood: true },
};

export type Figure = keyof Totals;

export const FIGURE_KEYS = Object.keys(FIGURES) as Figure[];
