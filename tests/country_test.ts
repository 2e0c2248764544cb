import { assertEquals } from "@std/assert";
import { countryCode, countryOfZone, withCountry } from "../events/country.ts";

const CODES: [unknown, string | undefined][] = [
  ["DE", "DE"],
  [" de ", "DE"],
  ["XK", "XK"],
  ["XX", undefined],
  ["T1", undefined],
  ["UK", undefined],
  ["EU", undefined],
  ["", undefined],
  ["Germany", undefined],
  ["__proto__", undefined],
  [49, undefined],
  [null, undefined],
  [undefined, undefined],
];

for (const [value, expected] of CODES) {
  Deno.test(`country: ${JSON.stringify(value)} is ${expected ?? "none"}`, () => {
    assertEquals(countryCode(value), expected);
  });
}

const ZONES: [unknown, string | undefined][] = [
  ["Europe/Berlin", "DE"],
  ["Europe/Zurich", "CH"],
  ["Europe/Stockholm", "SE"],
  ["Asia/Calcutta", "IN"],
  ["Asia/Kolkata", "IN"],
  ["Europe/Kiev", "UA"],
  ["Europe/Kyiv", "UA"],
  ["America/Buenos_Aires", "AR"],
  ["America/Argentina/Buenos_Aires", "AR"],
  ["Asia/Saigon", "VN"],
  ["US/Pacific", "US"],
  ["Europe/Simferopol", undefined],
  ["UTC", undefined],
  ["Etc/GMT+5", undefined],
  ["CET", undefined],
  ["EST5EDT", undefined],
  ["NZ", "NZ"],
  ["Europe/Atlantis", undefined],
  ["constructor", undefined],
  [1, undefined],
];

for (const [zone, expected] of ZONES) {
  Deno.test(`country: the zone ${zone} is in ${expected ?? "none"}`, () => {
    assertEquals(countryOfZone(zone), expected);
  });
}

Deno.test("country: every zone that a browser names has the country that Unicode's data give it", () => {
  const zonesOf = (code: string) =>
    (new Intl.Locale(`und-${code}`) as Intl.Locale & { getTimeZones(): string[] | undefined }).getTimeZones();
  const unicode = new Map<string, string>();
  for (const zone of Intl.supportedValuesOf("timeZone")) {
    const code = countryOfZone(zone);
    if (code !== undefined && zonesOf(code)?.includes(zone)) unicode.set(zone, code);
  }

  const others = Intl.supportedValuesOf("timeZone").filter((zone) => !unicode.has(zone) && zone !== "UTC");
  assertEquals(others, ["Europe/Simferopol"]);
});

const BERLIN = { timezone: "Europe/Berlin", language: "en" };

// [what the case shows, the event's browser, what the request tells, the browser that is kept]
const ORDER: [string, Record<string, unknown>, string | undefined, Record<string, unknown>][] = [
  ["the event's word counts first", { ...BERLIN, country: "at" }, "CH", { ...BERLIN, country: "AT" }],
  ["then the request's", BERLIN, "CH", { ...BERLIN, country: "CH" }],
  ["then the time zone", BERLIN, undefined, { ...BERLIN, country: "DE" }],
  ["a country that is none is none", { ...BERLIN, country: "Austria" }, undefined, {
    ...BERLIN,
    country: "DE",
  }],
  ["and does not stay", { timezone: "UTC", country: { a: 1 } }, undefined, { timezone: "UTC" }],
  ["where nothing tells, there is no field", { timezone: "UTC" }, undefined, { timezone: "UTC" }],
];

for (const [title, browser, request, expected] of ORDER) {
  Deno.test(`country: ${title}`, () => {
    assertEquals(withCountry(browser, request), expected);
  });
}
