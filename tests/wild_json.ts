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

/** An event in which some of the known fields hold what they should not. */
export const wildEvent: fc.Arbitrary<string> = fc.tuple(
  fc.constantFrom("pageview", "click", "form_submit", "page_exit", "batch", "sign_up"),
  fc.array(fc.tuple(fc.constantFrom(...EVENT_FIELDS), fc.oneof(wildValue, deepValue)), {
    minLength: 1,
    maxLength: 3,
  }),
  fc.array(fc.tuple(name, wildValue), { maxLength: 2 }),
).map(([eventType, known, unknown]) => {
  const sound = Object.entries({ ...pageview(), eventType })
    .filter(([field]) => !known.some(([wild]) => wild === field))
    .map(([field, value]): [string, string] => [field, JSON.stringify(value)]);
  const wild = known.map(([field, value]): [string, string] => [JSON.stringify(field), value]);
  return objectOf([
    ...sound.map(([field, value]): [string, string] => [JSON.stringify(field), value]),
    ...wild,
    ...unknown,
  ]);
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
