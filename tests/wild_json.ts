import fc from "fast-check";
import { pageview } from "./fixtures.ts";

/**
 * JSON that no client of ours sends, as text: what `JSON.stringify` would never write (numbers beyond range, names twice,
 * `__proto__`) can come in as well.
 */

const NUMBERS = [
  "0",
  "-0",
  "-1",
  "1e400",
  "-1e400",
  "1e308",
  "5e-324",
  "1e-400",
  "9007199254740993",
  "123456789012345678901234567890123456789012345678901234567890",
  "0.1000000000000000055511151231257827021181583404541015625",
];
const TEXTS = [
  `""`,
  `" "`,
  `"\\u0000"`,
  `"a\\u0000b"`,
  `"\\ud800"`,
  `"\\udc00\\ud800"`,
  `"\\u202e\\ufeff\\u200d"`,
  `"\\\\u0000"`,
  `"👩‍👩‍👧‍👦"`,
  `"-infinity"`,
  `"9999-12-31T23:59:59.999Z"`,
  `"0001-01-01T00:00:00Z"`,
  `"+275760-09-13T00:00:00.000Z"`,
  `"00000000-0000-0000-0000-000000000000"`,
  `"batch"`,
  `"pageview"`,
  `"http://[::1"`,
  `"https://a:b@%00.example:99999/%ff?%=%&utm_source=%E0%A4%A"`,
  `"javascript:alert(1)"`,
  `"'; drop table events_log; --"`,
];
// Past what an index row, a column and a statement hold, below the limit of a body.
const LENGTHS = [101, 2_000, 3_000, 9_000, 70_000];
const DEPTHS = [5, 31, 32, 33, 63, 64, 65, 66, 500, 20_000];

// What the collector and the ETL read: a wild value is worth most there.
const EVENT_FIELDS = [...Object.keys(pageview()), "eventId", "sentAt", "events", "batchMetadata"];
const INNER_FIELDS = [
  ...[
    "utmParams",
    "utm_source",
    "campaignParams",
    "gclid",
    "referrer",
    "userAgent",
    "language",
    "screenWidth",
  ],
  ...[
    "title",
    "queryParams",
    "hash",
    "formData",
    "formId",
    "timeSpent",
    "scrollPercentage",
    "milestone",
    "position",
  ],
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "toJSON", "then", "length", "rejected"],
];

const text = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: "binary", maxLength: 30 }).map((value) => JSON.stringify(value)),
  fc.tuple(fc.constantFrom("x", "é", "\\u0000", "\\ud800", '\\"', "%"), fc.constantFrom(...LENGTHS))
    .map(([unit, length]) => `"${unit.repeat(length / unit.length)}"`),
);

const leaf = fc.oneof(
  fc.constantFrom("null", "true", "false"),
  fc.constantFrom(...NUMBERS),
  fc.double().filter(Number.isFinite).map(String),
  text,
);

const name = fc.oneof(
  fc.constantFrom(...EVENT_FIELDS, ...INNER_FIELDS).map((field) => JSON.stringify(field)),
  text,
);

/** Any value, small or not, at most a few levels deep. */
export const wildValue: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`),
    fc.array(fc.tuple(name, tie("value")), { maxLength: 4 }).map(objectOf),
  ),
})).value;

const deepValue = fc.tuple(fc.constantFrom(...DEPTHS), fc.constantFrom(["[", "]"], [`{"a":`, "}"]))
  .map(([depth, [open, close]]) => `${open!.repeat(depth)}1${close!.repeat(depth)}`);

/** An object with some of the names given, and others. */
function objectWith(values: Record<string, fc.Arbitrary<string>>): fc.Arbitrary<string> {
  const known = Object.entries(values).map(([field, value]) =>
    fc.tuple(fc.constant(JSON.stringify(field)), value)
  );
  return fc.array(fc.oneof({ weight: 4, arbitrary: fc.oneof(...known) }, fc.tuple(name, wildValue)), {
    maxLength: 6,
  }).map(objectOf);
}

function inner(...fields: string[]): fc.Arbitrary<string> {
  return objectWith(Object.fromEntries(fields.map((field) => [field, wildValue])));
}

const eventData = objectWith({
  formData: inner("email", "password", "card", "__proto__"),
  position: inner("x", "y"),
  ...Object.fromEntries(
    [
      "formId",
      "formAction",
      "href",
      "text",
      "classes",
      "timeSpent",
      "scrollPercentage",
      "milestone",
      "isDownload",
    ]
      .map((field) => [field, wildValue]),
  ),
});

const innerEvent = objectWith({
  eventType: fc.constantFrom(`"click"`, `"pageview"`, `"scroll_depth"`, `"page_exit"`, `"form_submit"`),
  eventData,
  url: text,
  path: text,
  timestamp: fc.oneof(text, fc.constant(`"2026-03-10T12:00:05Z"`)),
});

// Of the right type, so that it is taken; and wild within.
const PLAUSIBLE: Record<string, fc.Arbitrary<string>> = {
  url: text,
  path: text,
  eventData,
  attribution: objectWith({
    utmParams: inner("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"),
    campaignParams: inner("gclid", "fbclid", "msclkid"),
    referrer: wildValue,
    referrerType: wildValue,
    referrerPlatform: wildValue,
  }),
  browser: inner("userAgent", "language", "screenWidth", "viewportHeight", "devicePixelRatio", "timezone"),
  page: inner("title", "url", "path", "referrer", "queryParams", "hash"),
  batchMetadata: inner("eventCount", "batchStartTime", "sentOnExit"),
  events: fc.array(fc.oneof({ weight: 4, arbitrary: innerEvent }, wildValue), { minLength: 1, maxLength: 4 })
    .map((events) => `[${events.join(",")}]`),
};

const knownField = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.oneof(
      ...Object.entries(PLAUSIBLE).map(([field, value]) => fc.tuple(fc.constant(field), value)),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...EVENT_FIELDS), fc.oneof(wildValue, deepValue)) },
);

/** An event in which some of the known fields hold what they should not, or what nobody has thought of. */
export const wildEvent: fc.Arbitrary<string> = fc.tuple(
  fc.constantFrom("pageview", "click", "form_submit", "page_exit", "batch", "sign_up"),
  fc.uniqueArray(knownField, { minLength: 1, maxLength: 3, selector: ([field]) => field }),
  fc.array(fc.tuple(name, wildValue), { maxLength: 2 }),
).map(([eventType, known, unknown]) => {
  const sound = Object.entries(pageview({ eventType, events: [{ eventType: "click" }] }))
    .filter(([field]) => !known.some(([wild]) => wild === field))
    .map(([field, value]) => [field, JSON.stringify(value)] as const);
  const fields = [...sound, ...known].map((
    [field, value],
  ): [string, string] => [JSON.stringify(field), value]);
  return objectOf([...fields, ...unknown]);
});

/** A pageview that has to be stored whatever its free fields hold. */
export function soundPageview(fields: { eventId: string; siteId: string }): fc.Arbitrary<string> {
  const view = Object.entries(pageview({ ...fields, sessionId: `sess_${fields.eventId}` }))
    .filter(([field]) => field !== "eventData")
    .map(([field, value]): [string, string] => [JSON.stringify(field), JSON.stringify(value)]);
  return fc.tuple(wildValue, wildValue, text).map(([inEventData, inOwnField, ownName]) =>
    objectOf([
      ...view,
      [`"eventData"`, `{"wild":${inEventData}}`],
      [`"own_${ownName.slice(1)}`, inOwnField],
    ])
  );
}

function objectOf(fields: [string, string][]): string {
  return `{${fields.map(([name, value]) => `${name}:${value}`).join(",")}}`;
}
