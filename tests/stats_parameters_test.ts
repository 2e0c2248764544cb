import { assertEquals, assertThrows } from "@std/assert";
import { withCodes } from "../routes/stats/countries.ts";
import {
  type Comparison,
  daysOf,
  type Period,
  shiftedDays,
  shiftOf,
  usualInterval,
} from "../db/stats/period.ts";
import type { DayRange, Filter } from "../db/stats/query.ts";
import { BadParameters, formatFilter, parseFilter, readRange } from "../routes/stats/parameters.ts";

const SITE = { today: "2026-11-22", firstDay: "2026-09-23" };

Deno.test("a period is the days that end with the site's today", () => {
  const cases: [Period, DayRange][] = [
    ["today", { from: "2026-11-22", to: "2026-11-22" }],
    ["yesterday", { from: "2026-11-21", to: "2026-11-21" }],
    ["7d", { from: "2026-11-16", to: "2026-11-22" }],
    ["30d", { from: "2026-10-24", to: "2026-11-22" }],
    ["90d", { from: "2026-08-25", to: "2026-11-22" }],
    ["12mo", { from: "2025-11-23", to: "2026-11-22" }],
    ["month", { from: "2026-11-01", to: "2026-11-22" }],
    ["year", { from: "2026-01-01", to: "2026-11-22" }],
    ["all", { from: "2026-09-23", to: "2026-11-22" }],
  ];
  for (const [period, days] of cases) {
    assertEquals([period, daysOf(period, SITE.today, SITE.firstDay)], [period, days]);
  }
  assertEquals(daysOf("all", "2026-11-22", null), { from: "2026-11-22", to: "2026-11-22" });
  assertEquals(daysOf("all", "2026-11-22", "1999-01-01"), { from: "2021-11-22", to: "2026-11-22" });
  assertEquals(daysOf("12mo", "2024-02-29", null), { from: "2023-03-01", to: "2024-02-29" });
});

Deno.test("a range is compared with earlier days by the calendar, and never with its own", () => {
  const cases: [DayRange, Comparison, Parameters<typeof shiftOf>[2], DayRange | null][] = [
    [{ from: "2026-11-22", to: "2026-11-22" }, "previous", {}, { from: "2026-11-21", to: "2026-11-21" }],
    [{ from: "2026-03-01", to: "2026-03-31" }, "previous", {}, { from: "2026-01-29", to: "2026-02-28" }],
    [{ from: "2026-11-01", to: "2026-11-22" }, "year", {}, { from: "2025-11-01", to: "2025-11-22" }],
    [{ from: "2024-02-29", to: "2024-03-01" }, "year", {}, { from: "2023-02-28", to: "2023-03-01" }],
    [{ from: "2026-11-01", to: "2026-11-22" }, "none", {}, null],
    [{ from: "0001-01-01", to: "0001-01-02" }, "previous", {}, null],
    // A leap year.
    [{ from: "2024-01-01", to: "2024-12-31" }, "year", {}, { from: "2023-01-01", to: "2023-12-31" }],
    [{ from: "2024-02-01", to: "2024-03-31" }, "year", {}, { from: "2023-02-01", to: "2023-03-31" }],
    [{ from: "2025-02-01", to: "2025-02-28" }, "year", {}, { from: "2024-02-01", to: "2024-02-29" }],
    // Longer than a year.
    [{ from: "2023-11-22", to: "2024-11-22" }, "year", {}, { from: "2021-11-22", to: "2022-11-22" }],
    [{ from: "2022-01-01", to: "2026-11-22" }, "year", {}, { from: "2017-01-01", to: "2021-11-22" }],
    // Periods of the calendar.
    [{ from: "2026-11-01", to: "2026-11-22" }, "previous", { period: "month" }, {
      from: "2026-10-01",
      to: "2026-10-22",
    }],
    [{ from: "2026-03-01", to: "2026-03-30" }, "previous", { period: "month" }, {
      from: "2026-02-01",
      to: "2026-02-28",
    }],
    [{ from: "2026-01-01", to: "2026-11-22" }, "previous", { period: "year" }, {
      from: "2025-01-01",
      to: "2025-11-22",
    }],
    [{ from: "2023-03-01", to: "2024-02-29" }, "previous", { period: "12mo" }, {
      from: "2022-03-01",
      to: "2023-02-28",
    }],
    [{ from: "2026-10-24", to: "2026-11-22" }, "previous", { period: "30d" }, {
      from: "2026-09-24",
      to: "2026-10-23",
    }],
    // Whole weeks: from a Tuesday, and from a Monday.
    [{ from: "2026-08-25", to: "2026-11-22" }, "previous", { interval: "week" }, {
      from: "2026-05-26",
      to: "2026-08-23",
    }],
    [{ from: "2024-01-01", to: "2024-12-31" }, "year", { interval: "week" }, {
      from: "2022-12-26",
      to: "2023-12-26",
    }],
    [{ from: "2026-11-02", to: "2026-11-22" }, "year", { interval: "week" }, {
      from: "2025-11-03",
      to: "2025-11-23",
    }],
    [{ from: "2026-01-01", to: "2026-11-22" }, "previous", { period: "year", interval: "week" }, {
      from: "2025-01-02",
      to: "2025-11-23",
    }],
    // Whole months.
    [{ from: "2026-09-10", to: "2026-11-20" }, "previous", { interval: "month" }, {
      from: "2026-06-10",
      to: "2026-08-20",
    }],
    [{ from: "2026-02-01", to: "2026-02-28" }, "previous", { interval: "month" }, {
      from: "2026-01-01",
      to: "2026-01-31",
    }],
  ];
  for (const [range, comparison, chosen, days] of cases) {
    const shift = shiftOf(range, comparison, chosen);
    assertEquals([range, chosen, shift && shiftedDays(range, shift)], [range, chosen, days]);
  }
});

Deno.test("no range is compared with days of its own, whatever its length and interval", () => {
  for (const from of ["2023-12-31", "2024-01-01", "2024-02-29", "2024-03-31"]) {
    for (const days of [1, 28, 30, 31, 59, 60, 90, 364, 365, 366, 367, 730, 731, 1_096, 1_826]) {
      const to = Temporal.PlainDate.from(from).add({ days: days - 1 }).toString();
      for (const comparison of ["previous", "year"] as const) {
        for (const interval of [undefined, "hour", "day", "week", "month"] as const) {
          const range = { from, to };
          const compared = shiftedDays(range, shiftOf(range, comparison, { interval })!)!;
          assertEquals([range, interval, compared, compared.to < from], [range, interval, compared, true]);
        }
      }
    }
  }
});

Deno.test("a range without an interval is drawn in some dozens of points", () => {
  const cases: [DayRange, string][] = [
    [{ from: "2026-11-22", to: "2026-11-22" }, "hour"],
    [{ from: "2026-11-16", to: "2026-11-22" }, "day"],
    [{ from: "2026-05-01", to: "2026-11-22" }, "week"],
    [{ from: "2024-01-01", to: "2026-11-22" }, "month"],
  ];
  for (const [range, interval] of cases) assertEquals([range, usualInterval(range)], [range, interval]);
});

Deno.test("a range is a period, or a first and a last day at most five years apart", () => {
  assertEquals(readRange({}, SITE), daysOf("30d", SITE.today, SITE.firstDay));
  assertEquals(readRange({ from: "2021-11-22", to: "2026-11-22" }, SITE), {
    from: "2021-11-22",
    to: "2026-11-22",
  });
  const wrong: [Parameters<typeof readRange>[0], path: string, message: string][] = [
    [
      { period: "7d", from: "2026-11-01" },
      "period",
      "period stands alone: give either period, or from and to",
    ],
    [{ from: "2026-11-01" }, "to", "to is missing: from is the first day, to the last"],
    [{ to: "2026-11-01" }, "from", "from is missing: to is the last day, from the first"],
    [{ from: "2026-11-02", to: "2026-11-01" }, "to", "to must not be before from"],
    [
      { from: "2021-11-21", to: "2026-11-22" },
      "from",
      "from must be at most five years (1827 days) before to",
    ],
  ];
  for (const [parameters, path, message] of wrong) {
    assertEquals(assertThrows(() => readRange(parameters, SITE), BadParameters).errors, [{ path, message }]);
  }
});

Deno.test("a filter is read from dimension:operator:values, and written so again", () => {
  const cases: [string, Filter][] = [
    ["country:is:DE", { dimension: "country", operator: "is", values: ["DE"] }],
    ["country:is:DE|FR", { dimension: "country", operator: "is", values: ["DE", "FR"] }],
    ["country:is_not:", { dimension: "country", operator: "is_not", values: [""] }],
    ["page:contains:/a:b", { dimension: "page", operator: "contains", values: ["/a:b"] }],
    ["event:is:a\\|b|c\\\\", { dimension: "event", operator: "is", values: ["a|b", "c\\"] }],
    ["entry:is:|/ü😀", { dimension: "entry", operator: "is", values: ["", "/ü😀"] }],
  ];
  for (const [text, filter] of cases) {
    assertEquals(parseFilter(text), filter);
    assertEquals(formatFilter(filter), text);
  }
  // Countries by their codes or names, in any case, accents or none.
  const countries: [string, string[]][] = [
    ["Germany|france", ["DE", "FR"]],
    ["de| Türkiye |turkiye", ["DE", "TR", "TR"]],
    ["cote d'ivoire|Bosnia and Herzegovina", ["CI", "BA"]],
    ["(unknown)|", ["", ""]],
  ];
  for (const [text, values] of countries) {
    assertEquals(parseFilter(`country:is_not:${text}`), { dimension: "country", operator: "is_not", values });
  }
  // What is contained is looked for in the names, when a question is asked.
  const contains = parseFilter("country:contains:germ|KINGD") as Filter;
  assertEquals(contains, { dimension: "country", operator: "contains", values: ["germ", "KINGD"] });
  assertEquals(withCodes([contains, { ...contains, operator: "contains_not" }]), [
    { dimension: "country", operator: "is", values: ["DE", "GB"] },
    { dimension: "country", operator: "is_not", values: ["DE", "GB"] },
  ]);
  // A backslash before anything else, or at the end, is taken at its word.
  assertEquals(parseFilter("page:is:\\"), { dimension: "page", operator: "is", values: ["\\"] });
});

Deno.test("a filter that cannot be read says what would be right", () => {
  const cases: [string, string][] = [
    ["country", "filter must be dimension:operator:value, such as country:is:DE|FR"],
    ["country:DE", "filter must be dimension:operator:value, such as country:is:DE|FR"],
    [
      "nation:is:DE",
      "filter must begin with one of entry, exit, source, referrer, channel, utm_source, utm_medium, utm_campaign, " +
      "utm_content, utm_term, country, language, browser, os, device, screen, page, event",
    ],
    ["country:in:DE", "filter's operator must be one of is, is_not, contains, contains_not"],
    ["page:contains:", "filter's contains needs a text: every value contains the empty one"],
    [
      "country:is:DE|Germny",
      'filter\'s country "Germny" is unknown: give a code such as DE, or an English name such as Germany (did you mean Germany?)',
    ],
    [
      "country:is_not:Atlantis",
      'filter\'s country "Atlantis" is unknown: give a code such as DE, or an English name such as Germany',
    ],
    ["country:contains:atlantis", 'filter\'s country: no name of a country contains "atlantis"'],
    ["page:is:\0", "filter's values may not contain a NUL"],
    [`page:is:${"|".repeat(100)}`, "filter may have at most 100 values"],
    [`page:is:${"x".repeat(2_049)}`, "filter's values may have at most 2048 characters each"],
  ];
  for (const [text, message] of cases) assertEquals([text, parseFilter(text)], [text, message]);
});
