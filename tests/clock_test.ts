import { assertEquals } from "@std/assert";
import { clockSkew, eventTime } from "../events/clock.ts";

const RECEIVED = new Date("2026-11-22T08:00:00.000Z");

const SKEWS: [string, string | undefined, number][] = [
  ["a client that does not say when it sent is believed", undefined, 0],
  ["a client to the millisecond", "2026-11-22T08:00:00.000Z", 0],
  ["ten seconds are the journey", "2026-11-22T07:59:50.000Z", 0],
  ["more than ten seconds are the clock", "2026-11-22T07:59:49.999Z", 10_001],
  ["a clock that is ahead is set back", "2026-11-22T09:00:00.000Z", -3_600_000],
  ["ten seconds ahead are left alone", "2026-11-22T08:00:10.000Z", 0],
  ["a clock that is a year behind", "2025-11-22T08:00:00.000Z", 365 * 86_400_000],
];

for (const [title, sentAt, expected] of SKEWS) {
  Deno.test(`clock: ${title}`, () => {
    assertEquals(clockSkew(sentAt === undefined ? undefined : new Date(sentAt), RECEIVED), expected);
  });
}

const TIMES: [string, string | undefined, number, string][] = [
  ["an event without a time happens now", undefined, 0, "2026-11-22T08:00:00.000Z"],
  [
    "an event's time stands where the clock is right",
    "2026-11-21T23:59:59.999Z",
    0,
    "2026-11-21T23:59:59.999Z",
  ],
  [
    "an event's time is corrected by the skew",
    "2025-11-22T07:00:00.000Z",
    31_536_000_000,
    "2026-11-22T07:00:00.000Z",
  ],
  ["ten seconds ahead may be the clocks", "2026-11-22T08:00:10.000Z", 0, "2026-11-22T08:00:10.000Z"],
  ["an event of the future happens now", "2026-11-22T08:00:10.001Z", 0, "2026-11-22T08:00:00.000Z"],
  [
    "an event that the skew puts into the future happens now",
    "2026-11-22T07:30:00.000Z",
    3_600_000,
    "2026-11-22T08:00:00.000Z",
  ],
  [
    "an event that the skew puts before 1970 happens now",
    "1970-01-01T00:00:00.000Z",
    -1,
    "2026-11-22T08:00:00.000Z",
  ],
  [
    "a skew of thousands of years does no harm",
    "9999-12-31T00:00:00.000Z",
    253_402_214_400_000,
    "2026-11-22T08:00:00.000Z",
  ],
];

for (const [title, timestamp, skew, expected] of TIMES) {
  Deno.test(`clock: ${title}`, () => {
    const sent = timestamp === undefined ? undefined : new Date(timestamp);

    assertEquals(eventTime(sent, skew, RECEIVED), new Date(expected));
  });
}
