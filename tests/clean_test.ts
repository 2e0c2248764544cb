import { assertEquals } from "@std/assert";
import { cleanForPostgres, cleanText } from "../events/clean.ts";

const TEXTS: [string, string, string][] = [
  ["what is fine stays", "Grüße, 世界 👋🏽\t\n\u0001", "Grüße, 世界 👋🏽\t\n\u0001"],
  ["NULs are dropped", "\0a\0\0b\0", "ab"],
  ["a lone high surrogate is replaced", "a\ud83d", "a\ufffd"],
  ["a lone low surrogate is replaced", "\udc4ba", "\ufffda"],
  ["surrogates the wrong way round are two lone ones", "\udc4b\ud83d", "\ufffd\ufffd"],
  ["a NUL within a pair does not leave half of it", "\ud83d\0\udc4b", "👋"],
];

for (const [title, text, expected] of TEXTS) {
  Deno.test(`clean: ${title}`, () => {
    assertEquals(cleanText(text), expected);
    assertEquals(cleanForPostgres(text), expected);
  });
}

const VALUES: [string, unknown, unknown][] = [
  ["numbers, booleans and null stay", [0, -1.5, true, false, null], [0, -1.5, true, false, null]],
  ["undefined stays, so that it is left out of the JSON", { a: undefined }, { a: undefined }],
  ["times become texts", { at: new Date("2026-11-22T08:00:00Z") }, { at: "2026-11-22T08:00:00.000Z" }],
  ["names are cleaned like values, at every level", { "a\0": [{ "b\ud800": ["\0"] }] }, {
    a: [{ "b\ufffd": [""] }],
  }],
  ["of two names that become the same, the last wins, as in jsonb", { "a\0": 1, a: 2 }, { a: 2 }],
];

for (const [title, value, expected] of VALUES) {
  Deno.test(`clean: ${title}`, () => {
    assertEquals(cleanForPostgres(value), expected);
  });
}

Deno.test("clean: a field called __proto__ stays a field", () => {
  const cleaned = cleanForPostgres(JSON.parse('{"__proto__":{"a":"\\u0000"},"constructor":1}'));

  assertEquals(JSON.stringify(cleaned), '{"__proto__":{"a":""},"constructor":1}');
  assertEquals(Object.getPrototypeOf(cleaned), Object.prototype);
});
