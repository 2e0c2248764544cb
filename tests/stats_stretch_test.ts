import { assertEquals } from "@std/assert";
import type { Comparison } from "../db/stats/period.ts";
import type { DayRange, Filter, StatsQuery } from "../db/stats/query.ts";
import { comparedStretch, overviewOf, type Stretch, timeseriesOf } from "../db/stats/stretch.ts";
import { saveSite } from "../db/site_directory.ts";
import { runAllJobs } from "../etl/run.ts";
import { setLogLevel } from "../log.ts";
import { fillDatabase } from "../traffic/fill.ts";
import { chosen, type Facts, readFacts } from "./stats_facts.ts";
import { referenceOverview, referenceTimeseries } from "./stats_reference.ts";
import { engines } from "./test_database.ts";

// It would drown the report.
setLogLevel("error");

const SITE = "shop";
// On 25 October 2026 clocks in Berlin go back: a day of 25 hours.
const TIMEZONE = "Europe/Berlin";

const query = (range: DayRange, filters: Filter[] = []): StatsQuery => ({
  site: SITE,
  timezone: TIMEZONE,
  range,
  filters,
});

Deno.test("what is not over is compared with the same stretch, up to the same time of the day", () => {
  // 14:23 in Berlin.
  const now = new Date("2026-11-22T13:23:00Z");
  const today = { from: "2026-11-22", to: "2026-11-22" };
  const cases: [DayRange, Comparison, Stretch | null][] = [
    [today, "previous", {
      days: { from: "2026-11-21", to: "2026-11-21" },
      shift: { days: 1 },
      until: { day: "2026-11-21", at: new Date("2026-11-21T13:23:00Z") },
    }],
    [{ from: "2026-11-01", to: "2026-11-22" }, "previous", {
      days: { from: "2026-10-10", to: "2026-10-31" },
      shift: { days: 22 },
      until: { day: "2026-10-31", at: new Date("2026-10-31T13:23:00Z") },
    }],
    // In summer time 14:23 is another moment of the day in UTC.
    [{ from: "2026-10-24", to: "2026-11-22" }, "previous", {
      days: { from: "2026-09-24", to: "2026-10-23" },
      shift: { days: 30 },
      until: { day: "2026-10-23", at: new Date("2026-10-23T12:23:00Z") },
    }],
    // It ends in the future: up to the day that is as far into it as today.
    [{ from: "2026-11-16", to: "2026-11-29" }, "year", {
      days: { from: "2025-11-16", to: "2025-11-29" },
      shift: { months: 12 },
      until: { day: "2025-11-22", at: new Date("2025-11-22T13:23:00Z") },
    }],
    [{ from: "2026-11-23", to: "2026-11-24" }, "previous", {
      days: { from: "2026-11-21", to: "2026-11-22" },
      shift: { days: 2 },
      until: null,
    }],
    [{ from: "2026-11-20", to: "2026-11-21" }, "previous", {
      days: { from: "2026-11-18", to: "2026-11-19" },
      shift: { days: 2 },
      until: null,
    }],
    [today, "none", null],
  ];
  for (const [range, comparison, stretch] of cases) {
    assertEquals([range, comparedStretch(query(range), comparison, now)], [range, stretch]);
  }
});

Deno.test("a day that the month before does not have is compared with the whole of that month", () => {
  const chosen = { period: "month" } as const;
  const month = (to: string) => query({ from: `${to.slice(0, 8)}01`, to });
  const stretch = (to: string, comparison: Comparison = "previous") =>
    comparedStretch(month(to), comparison, new Date(`${to}T13:00:00Z`), chosen);

  assertEquals(stretch("2026-03-28"), {
    days: { from: "2026-02-01", to: "2026-02-28" },
    shift: { months: 1 },
    until: { day: "2026-02-28", at: new Date("2026-02-28T13:00:00Z") },
  });
  assertEquals(stretch("2026-03-30"), {
    days: { from: "2026-02-01", to: "2026-02-28" },
    shift: { months: 1 },
    until: null,
  });
  assertEquals(stretch("2024-02-29", "year"), {
    days: { from: "2023-02-01", to: "2023-02-28" },
    shift: { months: 12 },
    until: null,
  });
  const leapDay = { from: "2024-02-29", to: "2024-02-29" };
  assertEquals(comparedStretch(query(leapDay), "year", new Date("2024-02-29T13:00:00Z")), {
    days: { from: "2023-02-28", to: "2023-02-28" },
    shift: { months: 12 },
    until: { day: "2023-02-28", at: new Date("2023-02-28T13:00:00Z") },
  });
});

/** The facts as they would be had nobody come from that moment on, but for what is said of whole sessions. */
function factsUntil({ timezone, sessions, pageviews, events }: Facts, at: number): Facts {
  const isBefore = (fact: { at: number }) => fact.at < at;
  return {
    timezone,
    sessions: sessions.filter(isBefore),
    pageviews: pageviews.filter(isBefore),
    events: events.filter(isBefore),
  };
}

for (const engine of engines()) {
  Deno.test(`a stretch that ends within an hour has the figures that the facts have (${engine.name})`, async () => {
    await using db = await engine.migrated();
    await saveSite(db, { siteId: SITE, timezone: TIMEZONE });
    await fillDatabase(db, {
      siteId: SITE,
      events: 3_000,
      days: 6,
      seed: 7,
      until: new Date("2026-10-28T12:00:00Z"),
      ipMode: "truncate",
      onProgress: () => {},
    });
    await runAllJobs({ db, retentionDays: 90, signal: new AbortController().signal, whenBusy: "wait" });
    const facts = await readFacts(db, SITE, TIMEZONE);
    const filters: Filter[] = [{ dimension: "device", operator: "is", values: ["desktop", "mobile"] }];
    const days = { from: "2026-10-23", to: "2026-10-28" };
    const now = new Date("2026-11-03T12:00:00Z");
    assertEquals(chosen(facts, query(days, filters)).length > 100, true);
    for (
      const at of [
        "2026-10-24T22:00:00Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:30:00.001Z",
        "2026-10-25T22:59:59.999Z",
        "2026-10-26T13:23:45Z",
        "2026-10-28T22:10:00Z",
      ].map((text) => new Date(text))
    ) {
      const day = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(TIMEZONE)
        .toPlainDate().toString();
      const stretch = { days, shift: { days: 6 }, until: { day, at } };
      const before = factsUntil(facts, at.getTime());
      for (const asked of [query(days), query(days, filters)]) {
        const expected = referenceOverview(before, { ...asked, range: { from: days.from, to: day } });
        assertEquals([at, await overviewOf(db, asked, stretch)], [at, expected]);
        for (const interval of ["hour", "day", "week", "month"] as const) {
          const whole = referenceTimeseries(facts, asked, interval, now);
          const last = whole.findLastIndex(({ start }) => start <= at);
          const cut = interval === "hour" ? whole : whole.with(last, {
            ...referenceTimeseries(before, asked, interval, now)[last]!,
            partial: true,
          });
          const found = await timeseriesOf(db, asked, stretch, interval, now);
          assertEquals([at, interval, found], [at, interval, cut]);
        }
      }
    }
  });
}
