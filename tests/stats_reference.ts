/**
 * What the stats must answer, said as plainly as possible over the facts, with no thought of speed. The property test holds the
 * roll-ups and their questions against it.
 */
import type { Breakdown, BreakdownRow } from "../db/stats/breakdown.ts";
import type { FunnelStep, FunnelUnit } from "../db/stats/funnel.ts";
import { shiftedDays, shiftOf } from "../db/stats/period.ts";
import { type DayRange, type Dimension, SESSION_DIMENSIONS, type StatsQuery } from "../db/stats/query.ts";
import type { Interval } from "../db/stats/timeseries.ts";
import { chosen, type Fact, type Facts, isWithin, namesOf, startOf, type VisitFact } from "./stats_facts.ts";

const unique = <T>(values: T[]) => [...new Set(values)];
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const order = <T>(a: T, b: T) => a < b ? -1 : a > b ? 1 : 0;
const mean = (total: number, count: number) => count === 0 ? null : total / count;
const meanOf = (values: number[]) => mean(sum(values), values.length);

function bounceRate(sessions: VisitFact[]): number | null {
  const viewed = sessions.filter(({ pageviewCount }) => pageviewCount > 0);
  return mean(viewed.filter(({ bounce }) => bounce).length, viewed.length);
}

/** Without filters pageviews and events count when they happen; with filters, with their session. */
function totals(query: StatsQuery, sessions: VisitFact[], views: Fact[], events: Fact[]) {
  const filtered = query.filters.length > 0;
  const seen = filtered ? sessions : [...sessions, ...views];
  const pageviews = filtered ? sum(sessions.map(({ pageviewCount }) => pageviewCount)) : views.length;
  return {
    visitors: unique(seen.map(({ visitor }) => visitor)).length,
    sessions: sessions.length,
    pageviews,
    events: filtered ? sum(sessions.map(({ eventCount }) => eventCount)) : events.length,
    bounceRate: bounceRate(sessions),
    sessionSeconds: mean(sum(sessions.map(({ seconds }) => seconds)), sessions.length),
    engagedSeconds: meanOf(sessions.flatMap(({ engaged }) => engaged ?? [])),
    pagesPerSession: mean(pageviews, sessions.length),
  };
}

/** The days that the range is compared with. */
export function comparedRanges(range: DayRange): DayRange[] {
  return (["previous", "year"] as const).map((comparison) =>
    shiftedDays(range, shiftOf(range, comparison)!)!
  );
}

export function referenceOverview(facts: Facts, query: StatsQuery) {
  const isIn = ({ day }: Fact) => isWithin(day, query.range);
  return totals(query, chosen(facts, query), facts.pageviews.filter(isIn), facts.events.filter(isIn));
}

export function referenceMedians(facts: Facts, query: StatsQuery) {
  const sessions = chosen(facts, query);
  return {
    sessionSeconds: median(sessions.map(({ seconds }) => seconds)),
    engagedSeconds: median(sessions.flatMap(({ engaged }) => engaged ?? [])),
  };
}

function median(values: number[]): number | null {
  const ordered = values.toSorted((a, b) => a - b);
  const middle = (ordered.length - 1) / 2;
  return ordered.length === 0 ? null : (ordered[Math.floor(middle)]! + ordered[Math.ceil(middle)]!) / 2;
}

export function referenceTimeseries(facts: Facts, query: StatsQuery, interval: Interval, now: Date) {
  const sessions = chosen(facts, query);
  return spans(query, interval).map(({ starts, ends, label, isCut }) => {
    const isIn = ({ at }: { at: number }) => starts <= at && at < ends;
    return {
      start: new Date(starts),
      label,
      partial: isCut || ends > now.getTime(),
      ...totals(query, sessions.filter(isIn), facts.pageviews.filter(isIn), facts.events.filter(isIn)),
    };
  });
}

function spans(
  { range, timezone }: StatsQuery,
  interval: Interval,
): { starts: number; ends: number; label: string; isCut: boolean }[] {
  if (interval === "hour") {
    return daysIn(range).flatMap((day) => {
      const [starts, ends] = [startOf(day, timezone), startOf(day, timezone, 1)];
      return Array.from({ length: Math.ceil((ends - starts) / 3_600_000) }, (_, i) => {
        const hour = Temporal.Instant.fromEpochMilliseconds(starts + i * 3_600_000).toZonedDateTimeISO(
          timezone,
        );
        const clock = hour.toPlainDateTime().toString({ smallestUnit: "minute" });
        return {
          starts: hour.epochMilliseconds,
          ends: Math.min(hour.epochMilliseconds + 3_600_000, ends),
          label: clock,
          isCut: false,
        };
      });
    });
  }
  const days = Map.groupBy(
    daysIn(range),
    (day) => interval === "day" ? day : interval === "week" ? monday(day) : day.slice(0, 7),
  );
  const wholeDays = (day: string) =>
    interval === "day" ? 1 : interval === "week" ? 7 : Temporal.PlainDate.from(day).daysInMonth;
  return [...days.values()].map((days) => ({
    starts: startOf(days[0]!, timezone),
    ends: startOf(days.at(-1)!, timezone, 1),
    label: days[0]!,
    isCut: days.length < wholeDays(days[0]!),
  }));
}

function daysIn({ from, to }: DayRange): string[] {
  const days = [from];
  while (days.at(-1)! < to) days.push(Temporal.PlainDate.from(days.at(-1)!).add({ days: 1 }).toString());
  return days;
}

function monday(day: string): string {
  const date = Temporal.PlainDate.from(day);
  return date.subtract({ days: date.dayOfWeek - 1 }).toString();
}

export function referenceBreakdown(
  facts: Facts,
  query: StatsQuery,
  dimension: Dimension,
  { limit, offset, search }: { limit: number; offset: number; search: string },
): Breakdown {
  const sessions = chosen(facts, query);
  const isSession = (SESSION_DIMENSIONS as readonly string[]).includes(dimension);
  const filtered = query.filters.length > 0;
  const steps = (kind: "pages" | "events") => sessions.flatMap((session) => session[kind]);
  const isIn = ({ day }: Fact) => isWithin(day, query.range);
  const views = filtered ? steps("pages") : facts.pageviews.filter(isIn);
  const events = filtered ? steps("events") : facts.events.filter(isIn);
  const own = dimension === "page" ? views : dimension === "event" ? events : [];
  const values = unique([
    ...sessions.flatMap((session) => namesOf(session, dimension)),
    ...own.map(({ name }) => name),
  ])
    .filter((value) => value.toLowerCase().includes(search.toLowerCase()));
  const rows = values.map((value): BreakdownRow => {
    const having = sessions.filter((session) => namesOf(session, dimension).includes(value));
    const timed = dimension === "page" ? views.filter(({ name }) => name === value) : having;
    return {
      value,
      sessions: having.length,
      pageviews: isSession
        ? sum(having.map(({ pageviewCount }) => pageviewCount))
        : dimension === "page"
        ? views.filter(({ name }) => name === value).length
        : 0,
      events: isSession
        ? sum(having.map(({ eventCount }) => eventCount))
        : dimension === "event"
        ? events.filter(({ name }) => name === value).length
        : 0,
      bounceRate: isSession ? bounceRate(having) : null,
      seconds: dimension === "event" ? null : meanOf(timed.flatMap(({ seconds }) => seconds ?? [])),
      engagedSeconds: dimension === "event" ? null : meanOf(timed.flatMap(({ engaged }) => engaged ?? [])),
      visitors: unique(having.map(({ visitor }) => visitor)).length,
    };
  });
  const weight = (row: BreakdownRow) =>
    dimension === "page" ? row.pageviews : dimension === "event" ? row.events : row.sessions;
  rows.sort((a, b) => weight(b) - weight(a) || b.sessions - a.sessions || order(a.value, b.value));
  const whole = isSession || filtered;
  return {
    total: {
      sessions: sessions.length,
      pageviews: whole ? sum(sessions.map(({ pageviewCount }) => pageviewCount)) : views.length,
      events: whole ? sum(sessions.map(({ eventCount }) => eventCount)) : events.length,
    },
    rows: rows.slice(offset, offset + limit),
    others: null,
    count: rows.length,
  };
}

export function referenceJourneys(facts: Facts, query: StatsQuery, page: string) {
  const walks = chosen(facts, query).map(({ pages }) =>
    pages.map(({ name }) => name).filter((name, i, names) => name !== names[i - 1])
  ).filter((names) => names.includes(page));
  const views = sum(walks.map((names) => names.filter((name) => name === page).length));
  const beside = (step: -1 | 1) => {
    const values = walks.flatMap((names) =>
      names.flatMap((name, i) => name === page ? [names[i + step] ?? null] : [])
    );
    return unique(values)
      .map((value) => {
        const count = values.filter((other) => other === value).length;
        return { value, count, share: count / views };
      })
      .sort((a, b) => b.count - a.count || order(a.value ?? "", b.value ?? ""));
  };
  return { page, sessions: walks.length, views, previous: beside(-1), next: beside(1) };
}

export function referenceFunnel(facts: Facts, query: StatsQuery, steps: FunnelStep[], by: FunnelUnit) {
  const sessions = chosen(facts, query);
  const units = by === "session"
    ? sessions.map((session) => [session])
    : [...Map.groupBy(sessions, ({ visitor }) => visitor).values()];
  const walks = units.map((unit) => walkThrough(unit, steps));
  return steps.map((step, i) => {
    const here = walks.filter((times) => times.length > i);
    const before = i === 0 ? null : walks.filter((times) => times.length > i - 1).length;
    const first = walks.filter((times) => times.length > 0).length;
    const between = median(i === 0 ? [] : here.map((times) => times[i]! - times[i - 1]!));
    return {
      step: step.page === undefined ? `event:${step.event}` : `page:${step.page}`,
      count: here.length,
      rateOfFirst: mean(here.length, first),
      rateOfPrevious: before === null ? null : mean(here.length, before),
      dropOff: before === null ? 0 : before - here.length,
      medianSeconds: between === null ? null : between / 1000,
    };
  });
}

/** The moments of the steps, as far as they were taken: each the first one after the one before. */
function walkThrough(sessions: VisitFact[], steps: FunnelStep[]): number[] {
  const taken: Fact[] = [];
  const isAfter = (step: Fact, before: Fact | undefined) =>
    before === undefined || step.at > before.at || (step.at === before.at && step.ordinal > before.ordinal);
  for (const { page, event } of steps) {
    const [next] = sessions.flatMap(({ pages, events }) => page === undefined ? events : pages)
      .filter((step) => step.name === (page ?? event) && isAfter(step, taken.at(-1)))
      .sort((a, b) => a.at - b.at || a.ordinal - b.ordinal);
    if (next === undefined) break;
    taken.push(next);
  }
  return taken.map(({ at }) => at);
}

export function referenceRetention(facts: Facts, query: StatsQuery) {
  const { from, to } = query.range;
  const everything = [...facts.sessions, ...facts.pageviews];
  const firstDay = (visitor: string) =>
    everything.filter((visit) => visit.visitor === visitor).map(({ day }) => day).sort()[0]!;
  const visits = query.filters.length > 0
    ? chosen(facts, query)
    : everything.filter(({ day }) => isWithin(day, query.range));
  const weeks = unique(daysIn({ from: monday(from), to }).map(monday));
  return weeks.map((week, i) => {
    const own = visits.filter(({ visitor }) =>
      firstDay(visitor) >= from && monday(firstDay(visitor)) === week
    );
    const count = (some: { visitor: string }[]) => unique(some.map(({ visitor }) => visitor)).length;
    return {
      week,
      visitors: count(own),
      returned: weeks.slice(i).map((later) => count(own.filter(({ day }) => monday(day) === later))),
    };
  });
}
