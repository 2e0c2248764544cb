import type { Comparison, Period } from "../../db/stats/period.ts";
import type { Dimension, Filter, Operator } from "../../db/stats/query.ts";
import { isolated } from "./bidi.tsx";
import { shownHost } from "./host_names.ts";

/** What a dimension is called: one value of it, and a list of them. */
export const DIMENSION_NAMES: Record<Dimension, { one: string; many: string }> = {
  channel: { one: "Channel", many: "Channels" },
  source: { one: "Source", many: "Sources" },
  referrer: { one: "Referrer", many: "Referrers" },
  utm_campaign: { one: "Campaign", many: "Campaigns" },
  utm_source: { one: "UTM source", many: "UTM sources" },
  utm_medium: { one: "UTM medium", many: "UTM media" },
  utm_content: { one: "UTM content", many: "UTM contents" },
  utm_term: { one: "UTM term", many: "UTM terms" },
  page: { one: "Page", many: "Pages" },
  entry: { one: "Entry page", many: "Entry pages" },
  exit: { one: "Exit page", many: "Exit pages" },
  country: { one: "Country", many: "Countries" },
  language: { one: "Language", many: "Languages" },
  browser: { one: "Browser", many: "Browsers" },
  os: { one: "Operating system", many: "Operating systems" },
  device: { one: "Device", many: "Devices" },
  screen: { one: "Screen size", many: "Screen sizes" },
  event: { one: "Event", many: "Events" },
};

// What an empty value means where it is not just unknown.
const EMPTY: Partial<Record<Dimension, string>> = {
  source: "Direct or unknown",
  referrer: "Direct or unknown",
  utm_campaign: "(no campaign)",
  utm_source: "(none)",
  utm_medium: "(none)",
  utm_content: "(none)",
  utm_term: "(none)",
};

const COUNTRIES = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
const LANGUAGES = new Intl.DisplayNames("en", {
  type: "language",
  fallback: "none",
  languageDisplay: "standard",
});

/** A value as people call it: `Germany` for the country `DE`, `münchen.example` for a host in its `xn--` form. */
export function valueName(dimension: Dimension, value: string): string {
  if (value === "") return EMPTY[dimension] ?? "(unknown)";
  switch (dimension) {
    case "country":
      return nameOf(COUNTRIES, value);
    case "language":
      return nameOf(LANGUAGES, value);
    case "device":
      return value.charAt(0).toUpperCase() + value.slice(1);
    case "source":
    case "referrer":
      return shownHost(value);
    default:
      return value;
  }
}

/** What senders made up is no code, and stands as it is. */
function nameOf(names: Intl.DisplayNames, code: string): string {
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}

export const OPERATOR_NAMES: Record<Operator, string> = {
  is: "is",
  is_not: "is not",
  contains: "contains",
  contains_not: "does not contain",
};

/** What the filter compares with, as people call it. */
export function filterValues({ dimension, operator, values }: Filter): string[] {
  return values.map((value) => operator.startsWith("is") ? valueName(dimension, value) : `“${value}”`);
}

/** `Country is Germany or France`. */
export function filterName(filter: Filter): string {
  const { dimension, operator } = filter;
  const names = filterValues(filter).map(isolated);
  return `${DIMENSION_NAMES[dimension].one} ${OPERATOR_NAMES[operator]} ${names.join(" or ")}`;
}

export const PERIOD_NAMES: Record<Period, string> = {
  "today": "Today",
  "yesterday": "Yesterday",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
  "90d": "Last 90 days",
  "12mo": "Last 12 months",
  "month": "This month",
  "year": "This year",
  "all": "All time",
};

export const COMPARISON_NAMES: Record<Comparison, string> = {
  previous: "Previous period",
  year: "Same period last year",
  none: "No comparison",
};
