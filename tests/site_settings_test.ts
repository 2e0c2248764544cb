import { assertEquals, assertThrows } from "@std/assert";
import {
  formatNetwork,
  InvalidSetting,
  readExcludePath,
  readKeepOrDrop,
  readList,
  readNetwork,
  readPageParameter,
  readRedactName,
  readRetentionDays,
} from "../events/site_settings.ts";

Deno.test("a network is kept as its own address and its length", () => {
  const given: [string, string, string][] = [
    ["203.0.113.7", "203.0.113.7/32", "203.0.113.7"],
    ["203.0.113.7/24", "203.0.113.0/24", "203.0.113.0/24"],
    ["::ffff:203.0.113.7", "203.0.113.7/32", "203.0.113.7"],
    ["::ffff:203.0.113.7/120", "203.0.113.0/24", "203.0.113.0/24"],
    ["2001:DB8::1", "2001:db8::1/128", "2001:db8::1"],
    ["2001:db8:1:2::3/48", "2001:db8:1::/48", "2001:db8:1::/48"],
  ];
  for (const [text, network, shown] of given) {
    assertEquals([text, readNetwork(text), formatNetwork(network)], [text, network, shown]);
  }
});

const REFUSED: [string, (text: string) => unknown, string[]][] = [
  ["a network", readNetwork, [
    ..."x 203.0.113 203.0.113.256 7 0x7f.0.0.1 010.0.0.1 203.0.113.7/33 203.0.113.7/-1 203.0.113.7/ fe80::1%eth0"
      .split(" "),
    ..."0.0.0.0/0 ::/0 ::/129 ::ffff:203.0.113.7/80 203.0.113.7/8/8".split(" "),
    "",
  ]],
  ["a path", readExcludePath, [
    ..."admin https://example.com/admin /a?b /a#b * /* ** /**".split(" "),
    "",
    "/a b",
    "/a\0",
    `/${"x".repeat(500)}`,
  ]],
  ["a name", readRedactName, ["", " ", "-", "a\nb", "x+y", "a.*b", "$1", "x".repeat(101)]],
  ["keep or drop", readKeepOrDrop, ["", "Keep", "true", "default", "keep drop"]],
  ["a parameter", readPageParameter, [
    ..."?id id= a&b #a a%20b a+b token access_token E-Mail newPin".split(" "),
    "",
    "a b",
    "a\0",
    "\ud800",
    "x".repeat(101),
  ]],
  ["a retention", readRetentionDays, [..."0 -1 1.5 36501 90d 1e2".split(" "), ""]],
];

for (const [what, read, texts] of REFUSED) {
  Deno.test(`what is not ${what} is refused with an advice`, () => {
    for (const text of texts) {
      assertEquals(assertThrows(() => read(text), InvalidSetting).given, text);
    }
  });
}

Deno.test("a list holds each entry once, and at most a hundred", () => {
  assertEquals(readList(["10.0.0.1", " 10.0.0.1/32 "], readNetwork), ["10.0.0.1/32"]);
  const many = Array.from({ length: 101 }, (_, i) => `/page-${i}`);
  assertEquals(readList(many.slice(1), readExcludePath).length, 100);
  assertThrows(() => readList(many, readExcludePath), InvalidSetting, "give at most 100");
});
