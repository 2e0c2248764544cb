import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Row } from "../db/database.ts";
import { type ReferenceEvent, type ReferenceTables, referenceTables } from "./etl_reference.ts";
import { anyServer, at, CHROME, testApp } from "./fixtures.ts";
import { engines, oddEngines, type TestEngine } from "./test_database.ts";

// The embedded database is an order of magnitude slower.
const RUNS = { embedded: 8, server: 60, variant: 20 };
// One of the sites lives half a day away, so that its days differ.
const OFFSETS: Record<string, number> = { near: 0, far: 12 };
const ZERO = Date.parse(at(0));

const dayOf = (siteId: string, time: number) =>
  new Date(ZERO + time * 1000 + OFFSETS[siteId]! * 3600_000).toISOString().slice(0, 10);

const path = fc.constantFrom("/a", "/b", "/c");
const time = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 5_000 }),
  fc.integer({ min: 0, max: 100_000 }),
);
const what = fc.oneof(
  fc.record({
    eventType: fc.constant("pageview"),
    time,
    path,
    utmSource: fc.constantFrom("x", "y", undefined),
    title: fc.constantFrom("A", "B", undefined),
  }),
  fc.record({ eventType: fc.constantFrom("click", "scroll", "signup"), time, path: fc.option(path) }),
  fc.record({
    eventType: fc.constant("page_exit"),
    time,
    path: fc.option(path),
    timeSpent: fc.option(fc.integer({ min: 0, max: 3600 }), { nil: undefined }),
    engagedTime: fc.option(
      fc.oneof(fc.integer({ min: -5, max: 300 }), fc.integer({ min: 0, max: 100_000 })),
      {
        nil: undefined,
      },
    ),
    title: fc.constantFrom("C", "D", undefined),
    /** The place of the item whose views it names. */
    of: fc.nat({ max: 24 }),
  }),
);
const visit = {
  siteId: fc.constantFrom("near", "far"),
  sessionId: fc.constantFrom("s1", "s2", "s3"),
  visitorId: fc.constantFrom("v1", "v2"),
  eventId: fc.uuid({ version: [4, 7] }),
};
/** What one post carries: an event alone, or up to five in a batch. */
const item = fc.record({
  ...visit,
  events: fc.array(what, { minLength: 1, maxLength: 5 }),
  alone: fc.boolean(),
  isBot: fc.constantFrom(false, false, false, true),
});
const scenario = fc.record({
  items: fc.uniqueArray(item, { minLength: 1, maxLength: 25, selector: ({ eventId }) => eventId }),
  /** Which items are sent once more, and after how many sent items the ETL runs in between. */
  repeats: fc.array(fc.nat(), { maxLength: 10 }),
  runAfter: fc.integer({ min: 1, max: 12 }),
  batchSize: fc.integer({ min: 1, max: 20 }),
  /** How many batches at the same time, each in a lane of its own; 0 is one over all lanes. */
  workers: fc.integer({ min: 0, max: 3 }),
  /** Whether raw events are dropped as soon as they are processed. One that is sent again then would be a new one. */
  purges: fc.boolean(),
});

type Item = Omit<ReferenceEvent, "place" | "eventType" | "time" | "path"> & {
  events: (
    & Pick<
      ReferenceEvent,
      "eventType" | "time" | "path" | "timeSpent" | "engagedTime" | "utmSource" | "title" | "viewId"
    >
    & { of?: number }
  )[];
  alone: boolean;
};

/** The items with exits that name a view: that of one of the items. */
function withViewIds(items: Item[]): Item[] {
  return items.map((item) => ({
    ...item,
    events: item.events.map(({ of, ...event }) =>
      of === undefined ? event : { ...event, viewId: items[of % items.length]!.eventId }
    ),
  }));
}

function referenceEvents(items: Item[]): ReferenceEvent[] {
  return items.flatMap(({ events, alone, ...whose }) =>
    (alone ? events.slice(0, 1) : events).map((event, i) => ({
      ...whose,
      ...event,
      place: alone ? 0 : i + 1,
    }))
  );
}

function payloadOf({ events, alone, isBot, ...whose }: Item): Record<string, unknown> {
  const payloads = events.map((
    { eventType, time, path, timeSpent, engagedTime, utmSource, title, viewId },
  ) => ({
    eventType,
    timestamp: at(time),
    ...(path === null ? {} : { url: `https://x.test${path}`, path }),
    eventData: {
      ...timeSpent !== undefined && { timeSpent: timeSpent * 1000 },
      ...engagedTime !== undefined && { engagedTime: engagedTime * 1000 },
      ...eventType === "page_exit" && { title, viewId },
    },
    ...(eventType === "pageview" ? { page: { title } } : {}),
    ...(utmSource === undefined ? {} : { attribution: { utmParams: { utm_source: utmSource } } }),
  }));
  const sent = { ...whose, browser: { userAgent: isBot ? "Examplebot/1.0" : CHROME } };
  return alone
    ? { ...sent, ...payloads[0] }
    : { ...sent, eventType: "batch", timestamp: at(0), events: payloads };
}

async function actualTables(rows: (sql: string) => Promise<Row[]>): Promise<ReferenceTables> {
  return {
    sessions: await rows(
      `select site_id, session_id, visitor_id, extract(epoch from session_start - '${at(0)}')::int as start,
         duration_seconds as seconds, engaged_seconds as engaged, pageview_count, event_count, bounce, entry_path, entry_title,
         exit_path, utm_source
       from user_sessions`,
    ),
    pageviews: await rows(
      `select event_id, (id % 1024)::int as place, path, title, time_on_page_seconds as time_on_page, engaged_seconds as engaged
       from pageviews`,
    ),
    events: await rows("select event_id, (id % 1024)::int as place, event_type, page_path from user_events"),
    days: await rows(
      `select site_id, metric_date, unique_visitors, total_sessions, total_pageviews, total_events,
         bounce_rate, avg_session_duration_seconds as avg_seconds,
         coalesce(round(avg_pages_per_session * total_sessions), 0)::int as pages
       from daily_site_metrics`,
    ),
    bots: await rows("select site_id, day as metric_date, pageviews, events from bot_days"),
  };
}

function sorted(tables: ReferenceTables): ReferenceTables {
  const order = (rows: Row[]) =>
    rows.toSorted((a, b) => JSON.stringify(key(a)) < JSON.stringify(key(b)) ? -1 : 1);
  const key = (row: Row) => [row.site_id, row.session_id, row.metric_date, row.event_id, row.place];
  return {
    sessions: order(tables.sessions),
    pageviews: order(tables.pageviews),
    events: order(tables.events),
    days: order(tables.days),
    bots: order(tables.bots),
  };
}

/** @param settings a script that runs before each call of a procedure */
async function holdAgainstReference(
  engine: TestEngine,
  numRuns: number,
  prepare = "",
  settings = "",
): Promise<void> {
  await using app = await testApp({ engine });
  await app.db.exec(prepare);
  const call = (sql: string, params: unknown[] = []) =>
    app.db.transaction(async (tx) => {
      await tx.exec(settings);
      return await tx.query(sql, params);
    });
  const property = fc.asyncProperty(scenario, async (drawn) => {
    const { repeats, runAfter, batchSize, workers, purges } = drawn;
    const items = withViewIds(drawn.items);
    const process = () =>
      workers === 0
        ? call("select process_events($1)", [batchSize])
        : Promise.all(Array.from({ length: workers }, (_, worker) =>
          call("select process_beside_others($1, $2)", [batchSize, worker])));

    await app.db.exec(
      `truncate events_log, user_sessions, pageviews, user_events, form_submissions, daily_site_metrics, stale_days, sites,
         session_rows, dictionary, visitor_days, visitor_returns, visitor_cohorts, bot_days;
       insert into sites (site_id, timezone) values ('far', 'Etc/GMT-12')`,
    );
    const sent = purges ? items : [...items, ...repeats.map((repeat) => items[repeat % items.length]!)];
    for (const [i, item] of sent.entries()) {
      await (await app.collect(payloadOf(item))).body?.cancel();
      if (i % runAfter === 0) await process();
      if (purges && i % (2 * runAfter) === 0) await call("select purge_processed_events(0)");
      if (i % (3 * runAfter) === 0) await call("select roll_up_stale_days()");
    }
    await app.etl();
    assertEquals(
      sorted(await actualTables(app.rows)),
      sorted(referenceTables(referenceEvents(items), dayOf)),
    );
  });
  await fc.assert(property, { numRuns });
}

for (const engine of engines()) {
  Deno.test(`the tables are a function of the set of events, not of order, batches, repeats or retention (${engine.name})`, () =>
    holdAgainstReference(engine, engine.embedded ? RUNS.embedded : RUNS.server));
}

for (const engine of await oddEngines()) {
  Deno.test(`what a server, or who calls, is set to changes no table (${engine.name})`, () =>
    holdAgainstReference(engine, RUNS.variant, "", engine.settings));
}

Deno.test("sessions whose numbers meet within a batch stay apart", () =>
  holdAgainstReference(
    anyServer(),
    RUNS.variant,
    `create or replace function visit_number(site_id text, session_id text) returns bigint
     language sql immutable parallel safe as 'select 7::bigint'`,
  ));
