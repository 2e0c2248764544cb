import { UTM } from "./attribution.ts";
import { CLICK_IDS } from "./click_ids.ts";

// Fields that hold an object in the JSON event come as JSON text in a query.
const OBJECTS = new Set(["eventData", "attribution", "browser", "page"]);
// What an image in a page or a mail knows about its page, by the names that fit a query.
const PAGE_FIELDS = new Set(["title", "referrer"]);

// The campaign's parameters have the names that they have in a page's address.
const CAMPAIGN_FIELDS = new Map([
  ...UTM.map((name) => [name, "utmParams"] as const),
  ...CLICK_IDS.map((name) => [name, "campaignParams"] as const),
]);

/**
 * The event that a pixel's query describes: the same fields, `title` and `referrer` for those of `page`, `utm_source` and its like for
 * those of `attribution`. A field within `page` or `attribution` wins over a parameter of its own.
 */
export function payloadOfQuery(query: URLSearchParams): Record<string, unknown> {
  const payload: Record<string, unknown> = {};
  const page: Record<string, unknown> = {};
  const campaign: Record<string, Record<string, string>> = {};
  for (const [name, value] of query) {
    if (value === "") continue;
    const campaignField = CAMPAIGN_FIELDS.get(name);
    if (PAGE_FIELDS.has(name)) page[name] = value;
    else if (campaignField) campaign[campaignField] = { [name]: value, ...campaign[campaignField] };
    else payload[name] = OBJECTS.has(name) ? parseObject(value) : value;
  }
  if (Object.keys(page).length > 0) {
    payload.page = { ...page, ...(typeof payload.page === "object" ? payload.page : {}) };
  }
  // What is no object is left to the check of the event.
  if (
    Object.keys(campaign).length > 0 && (payload.attribution === undefined || isObject(payload.attribution))
  ) {
    const attribution: Record<string, unknown> = { ...payload.attribution };
    for (const [field, values] of Object.entries(campaign)) {
      attribution[field] = { ...values, ...(isObject(attribution[field]) ? attribution[field] : {}) };
    }
    payload.attribution = attribution;
  }
  return payload;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** The object, or the text as it is: then the check of the event says what is wrong with it. */
function parseObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
