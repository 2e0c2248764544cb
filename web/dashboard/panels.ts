import type { Dimension } from "../../db/stats/query.ts";

export interface PanelName {
  title: string;
  /** Its tabs; of those in a nested list the first stands for all, until one of them is chosen. */
  tabs: readonly { title: string; dimensions: readonly Dimension[] }[];
}

const tab = (title: string, ...dimensions: Dimension[]) => ({ title, dimensions });

/** The panels of the overview, in their order; each has the parameter of its name for its tab. */
export const PANELS = {
  sources: {
    title: "Sources",
    tabs: [
      tab("Channels", "channel"),
      tab("Sources", "source"),
      tab("Referrers", "referrer"),
      tab("Campaigns", "utm_campaign", "utm_source", "utm_medium", "utm_content", "utm_term"),
    ],
  },
  pages: {
    title: "Pages",
    tabs: [tab("Visited", "page"), tab("Entry", "entry"), tab("Exit", "exit")],
  },
  places: { title: "Places", tabs: [tab("Countries", "country"), tab("Languages", "language")] },
  technology: {
    title: "Technology",
    tabs: [
      tab("Browsers", "browser"),
      tab("Systems", "os"),
      tab("Devices", "device"),
      tab("Screens", "screen"),
    ],
  },
  events: { title: "Events", tabs: [tab("Events", "event")] },
} as const satisfies Record<string, PanelName>;

export type Panel = keyof typeof PANELS;
export const PANEL_KEYS = Object.keys(PANELS) as Panel[];

/** The dimension that the panel shows where its parameter is `asked`. */
export function panelDimension(panel: Panel, asked: string | null): Dimension {
  const dimensions: Dimension[] = PANELS[panel].tabs.flatMap((tab) => [...tab.dimensions]);
  return dimensions.find((dimension) => dimension === asked) ?? dimensions[0]!;
}

/** What a dimension's rows are counted by, and are ordered by. */
export function measureOf(dimension: Dimension): "sessions" | "pageviews" | "events" {
  return dimension === "page" ? "pageviews" : dimension === "event" ? "events" : "sessions";
}
