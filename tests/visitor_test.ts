import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { VisitorDirectory, type VisitorIds } from "../events/visitor.ts";

/** A directory whose days have salts that never repeat, as those of another installation do not. */
function directory(salt = "salt"): VisitorDirectory {
  return new VisitorDirectory((day) => Promise.resolve(`${salt} of ${day}`));
}

function seen(
  visitors: VisitorDirectory,
  at: string,
  site = "example-com",
  agent = "Firefox",
): Promise<VisitorIds> {
  return visitors.identify(site, "203.0.113.9", agent, new Date(at));
}

// [what the case shows, when the visitor was seen, the session of each time (a, b, …), the visitor of each]
const VISITS: [string, string[], string, string][] = [
  ["a visit goes on within 30 minutes", ["01T10:00", "01T10:29", "01T10:58", "01T11:27"], "aaaa", "vvvv"],
  ["30 idle minutes end it", ["01T10:05", "01T10:34", "01T11:04", "01T11:05"], "aabb", "vvvv"],
  ["a visit that begins late in its half hour", ["01T10:29", "01T10:59", "01T11:00"], "abb", "vvv"],
  ["yesterday's visitor is a stranger", ["01T10:00", "02T10:00"], "ab", "vw"],
  ["a visit crosses midnight with its ids", ["01T23:50", "02T00:10", "02T00:29"], "aaa", "vvv"],
  [
    "… and keeps them for as long as it goes on",
    ["01T23:50", "02T00:15", "02T00:40", "02T01:05"],
    "aaaa",
    "vvvv",
  ],
  ["after an idle gap beyond midnight it is a stranger", ["01T23:50", "02T00:20", "02T00:25"], "abb", "vww"],
  ["a gap after the crossing ends it", ["01T23:50", "02T00:10", "02T00:40", "02T00:45"], "aabb", "vvww"],
  ["a visitor of the new day has ids of the new day", ["02T00:00", "02T00:29"], "aa", "vv"],
  [
    "nobody is followed into a third day, however busy",
    ["01T23:50", ...Array.from({ length: 73 }, (_, i) => halfHours(i * 20))],
    "a".repeat(73) + "b",
    "v".repeat(73) + "w",
  ],
];

/** `minutes` after the midnight at which day 02 begins. */
function halfHours(minutes: number): string {
  return new Date(Date.UTC(2026, 10, 2, 0, minutes)).toISOString().slice(8, 16);
}

for (const [title, times, sessions, visitors] of VISITS) {
  Deno.test(`visitor: ${title}`, async () => {
    const all = directory();
    const ids: VisitorIds[] = [];
    for (const time of times) ids.push(await seen(all, `2026-11-${time}:00Z`));

    assertEquals(pattern(ids.map((id) => id.sessionId), "a"), sessions);
    assertEquals(pattern(ids.map((id) => id.visitorId), "v"), visitors);
  });
}

/** A letter for each value: the same for the same, the next for a new one. */
function pattern(values: string[], first: string): string {
  const distinct = [...new Set(values)];
  return values.map((value) => String.fromCharCode(first.charCodeAt(0) + distinct.indexOf(value))).join("");
}

Deno.test("visitor: processes that share the salt agree, where they see the visit begin in the same half hour", async () => {
  assertEquals(
    await seen(directory(), "2026-11-01T10:01:00Z"),
    await seen(directory(), "2026-11-01T10:28:00Z"),
  );
});

Deno.test("visitor: address, user agent, site and salt each make another visitor", async () => {
  const at = "2026-11-01T10:00:00Z";
  const visitors = directory();
  const ids = [
    await seen(visitors, at),
    await seen(visitors, at, "other-site"),
    await seen(visitors, at, "example-com", "Chrome"),
    await visitors.identify("example-com", "203.0.113.8", "Firefox", new Date(at)),
    await visitors.identify("example-com", undefined, "Firefox", new Date(at)),
    await seen(directory("other"), at),
    // Not the same text in other pieces.
    await visitors.identify("example-com203.0.113.9", "", "Firefox", new Date(at)),
  ];

  assertEquals(new Set(ids.map((id) => id.visitorId)).size, ids.length);
  assertEquals(new Set(ids.map((id) => id.sessionId)).size, ids.length);
});

// [time zone, when the visitor was seen in UTC, the visitor of each time]
const ZONES: [timezone: string, times: string[], visitors: string][] = [
  [
    "America/Los_Angeles",
    ["2026-11-01T17:00", "2026-11-01T23:50", "2026-11-02T04:00", "2026-11-02T07:59"],
    "vvvv",
  ],
  ["America/Los_Angeles", ["2026-11-02T07:00", "2026-11-02T08:00", "2026-11-02T17:00"], "vww"],
  ["Asia/Kolkata", ["2026-11-01T18:29", "2026-11-01T18:45", "2026-11-01T20:00"], "vvw"],
  ["Asia/Kolkata", ["2026-11-01T17:00", "2026-11-01T18:30"], "vw"],
  ["Pacific/Kiritimati", ["2026-11-01T10:00", "2026-11-02T09:00"], "vv"],
  // Clocks go back, and the day has 25 hours.
  ["Europe/Berlin", ["2026-10-24T22:00", "2026-10-25T22:59", "2026-10-25T23:30"], "vvw"],
  ["Europe/Berlin", ["2026-10-24T22:00", "2026-10-25T23:00"], "vw"],
  ["Mars/Olympus", ["2026-11-01T23:00", "2026-11-02T10:00"], "vw"],
];

Deno.test("visitor: a day is the site's, whatever the date is in UTC", async () => {
  for (const [timezone, times, visitors] of ZONES) {
    const all = directory();
    const ids: string[] = [];
    for (const time of times) {
      const at = new Date(`${time}:00Z`);
      ids.push((await all.identify("example-com", "203.0.113.9", "Firefox", at, timezone)).visitorId);
    }
    assertEquals([timezone, times, pattern(ids, "v")], [timezone, times, visitors]);
  }
});

Deno.test("visitor: the ids fit their columns and hold nothing of what they are made of", async () => {
  const { visitorId, sessionId } = await seen(directory(), "2026-11-01T10:00:00Z");

  assertMatch(visitorId, /^vis_20261101_[\w-]{22}$/);
  assertMatch(sessionId, /^sess_[0-9a-z]{6}_20261101_[\w-]{22}$/);
});

Deno.test("visitor: another day's visitor cannot be told from the ids", async () => {
  const first = await seen(directory(), "2026-11-01T10:00:00Z");
  const second = await seen(directory(), "2026-11-02T10:00:00Z");

  assertNotEquals(first.visitorId, second.visitorId);
  assertNotEquals(first.sessionId.split("_")[1], second.sessionId.split("_")[1]);
});
