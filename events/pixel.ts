// Fields that hold an object in the JSON event come as JSON text in a query.
const OBJECTS = new Set(["eventData", "attribution", "browser", "page"]);
// What an image in a page or a mail knows about its page, by the names that fit a query.
const PAGE_FIELDS = new Set(["title", "referrer"]);

/** The event that a pixel's query describes: the same fields, `title` and `referrer` for those of `page`. */
export function payloadOfQuery(query: URLSearchParams): Record<string, unknown> {
  const payload: Record<string, unknown> = {};
  const page: Record<string, unknown> = {};
  for (const [name, value] of query) {
    if (value === "") continue;
    if (PAGE_FIELDS.has(name)) page[name] = value;
    else payload[name] = OBJECTS.has(name) ? parseObject(value) : value;
  }
  if (Object.keys(page).length > 0) {
    payload.page = { ...page, ...(typeof payload.page === "object" ? payload.page : {}) };
  }
  return payload;
}

/** The object, or the text as it is: then the check of the event says what is wrong with it. */
function parseObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
