/**
 * `deno task bench live [--today 5000000] [--rate 2000] [--minutes 15]`: how soon an acknowledged event is shown while events keep
 * coming, on a day that already holds many. A collector with its crons runs in a process of its own; everything is on loopback.
 */
import { formatTable } from "../commands/command.ts";
import type { Database } from "../db/database.ts";
import { printError } from "../log.ts";
import { backlogWatch } from "./backlog_watch.ts";
import { ADMIN_TOKEN, startCollector } from "./collector.ts";
import { secondsOf, withBenchDatabase } from "./database.ts";
import { FirstPage } from "./first_page.ts";
import { Freshness } from "./freshness.ts";
import { LiveLoad } from "./live_load.ts";
import { sizeOf, type TableSize } from "./sizes.ts";
import { at } from "./timings.ts";
import { BUSIEST, fillFacts, rollUp, writeRows } from "./two_years.ts";

export interface LiveOptions {
  /** How many events today holds before. */
  today: number;
  /** Events a second. */
  rate: number;
  minutes: number;
}

// A pageview comes with three events.
const EVENTS_A_PAGEVIEW = 3.96;
const SHOWN_P95_SECONDS = 75;
const SHOWN_MAX_SECONDS = 150;
// At half a million events or fewer, and above.
const FIRST_PAGE_MS = { small: 150, large: 1_500, limit: 500_000 };

export async function benchLive(
  { url: serverUrl }: { url: string },
  options: LiveOptions,
): Promise<string[]> {
  return await withBenchDatabase(serverUrl, async (db, url) => {
    const filled = await secondsOf(() => fillToday(db, options.today));
    printError(`today holds ${options.today.toLocaleString("en-US")} events, after ${Math.round(filled)} s`);
    const before = await sizeOf(db, "session_rows");
    const shownBefore = await shownEvents(db);
    await using collector = await startCollector(url, { RATE_LIMIT_ADDRESS: "0" });
    const load = new LiveLoad(`${collector.url}/collect`, options.rate);
    const freshness = new Freshness(collector.url, ADMIN_TOKEN);
    const page = new FirstPage(collector.url, ADMIN_TOKEN, BUSIEST);
    const milliseconds = options.minutes * 60_000;
    const failed = new AbortController();
    const backlog = backlogWatch(db, milliseconds, failed.signal);
    const started = performance.now();
    const seconds = { load: 0 };
    try {
      await Promise.all([
        load.run(milliseconds, failed.signal).then(() => {
          seconds.load = (performance.now() - started) / 1000;
        }),
        freshness.run(milliseconds, failed.signal),
        page.run(milliseconds, failed.signal),
        backlog.ended,
      ]);
    } catch (error) {
      failed.abort();
      throw error;
    }
    await db.exec("analyze session_rows");
    const shown = await shownEvents(db) - shownBefore;
    return [
      ...freshnessLines(freshness, load, shown),
      ...backlog.lines(),
      firstPageLine(page, options.today),
      loadLine(load, seconds.load),
      sizeLine(before, await sizeOf(db, "session_rows")),
      ...await jobLines(db),
    ];
  });
}

async function fillToday(db: Database, events: number): Promise<void> {
  await fillFacts(db, { pageviews: Math.round(events / EVENTS_A_PAGEVIEW), days: 1, isOneSite: true });
  await writeRows(db);
  // As daily-metrics would have done by now.
  await rollUp(db);
  await db.exec("vacuum analyze");
}

/** Pageviews and events of the busiest site that its rows hold. */
async function shownEvents(db: Database): Promise<number> {
  const [sum] = await db.query<{ events: number }>(
    "select coalesce(sum(pageviews + events), 0) as events from session_rows where site_id = $1",
    [BUSIEST],
  );
  return sum!.events;
}

function freshnessLines({ shownAfter, missing }: Freshness, load: LiveLoad, shown: number): string[] {
  const sorted = shownAfter.map((time) => time / 1000).sort((a, b) => a - b);
  const acknowledged = load.acknowledged.get(BUSIEST) ?? 0;
  return [
    `202 to shown, ${sorted.length} samples: p50 ${fixed(at(sorted, 0.5))} s, ` +
    `p95 ${fixed(at(sorted, 0.95))} s ${held(at(sorted, 0.95), SHOWN_P95_SECONDS, "s")}, ` +
    `max ${fixed(at(sorted, 1))} s ${held(at(sorted, 1), SHOWN_MAX_SECONDS, "s")}`,
    `missing after 150 s: ${missing} samples ${held(missing, 0, "")}`,
    `${BUSIEST}: ${count(acknowledged)} events acknowledged, ${count(shown)} shown ${
      held(Math.abs(acknowledged - shown), 0, "apart")
    }`,
  ];
}

function firstPageLine({ times, failures }: FirstPage, today: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  const bound = today <= FIRST_PAGE_MS.limit ? FIRST_PAGE_MS.small : FIRST_PAGE_MS.large;
  const p95 = at(sorted, 0.95);
  return `first page over HTTP, ${sorted.length} times: p50 ${Math.round(at(sorted, 0.5))} ms, ` +
    `p95 ${Math.round(p95)} ms ${held(p95, bound, "ms")}, ${failures.length} failures${firstOf(failures)}`;
}

function loadLine({ acknowledged, latencies, failures }: LiveLoad, seconds: number): string {
  const events = [...acknowledged.values()].reduce((sum, events) => sum + events, 0);
  const sorted = latencies.toSorted((a, b) => a - b);
  return `collector: ${count(events / seconds)} events/s acknowledged, 202 after p50 ${
    Math.round(at(sorted, 0.5))
  } ms, p95 ${Math.round(at(sorted, 0.95))} ms, ${failures.length} failures${firstOf(failures)}`;
}

function sizeLine(before: TableSize, after: TableSize): string {
  const text = ({ heap, indexes, rows, dead }: TableSize) =>
    `${count(heap / 1e6)} MB and ${count(indexes / 1e6)} MB of indexes, ${count(rows)} rows, ${
      count(dead)
    } dead`;
  return `session_rows: ${text(before)} before; ${text(after)} after`;
}

async function jobLines(db: Database): Promise<string[]> {
  const rows = await db.query(
    `select job, count(*) as runs, sum(row_count) as rows,
       round(percentile_cont(0.5) within group (order by seconds)::numeric, 1) as "p50 s", round(max(seconds)::numeric, 1) as "max s",
       count(error) as failed
     from (select *, extract(epoch from coalesce(finished_at, clock_timestamp()) - started_at) as seconds from job_runs) runs
     group by job order by job`,
  );
  return ["", ...formatTable(rows).split("\n")];
}

function held(value: number, bound: number, unit: string): string {
  return `(bound ${bound}${unit && ` ${unit}`}: ${value <= bound ? "held" : "NOT HELD"})`;
}

const fixed = (value: number | undefined) => value?.toFixed(1) ?? "-";
const count = (value: number) => Math.round(value).toLocaleString("en-US");
const firstOf = (failures: string[]) => failures.length === 0 ? "" : `, such as ${failures[0]}`;
