import type { Database } from "../db/database.ts";
import { ratio, secondsOf, withBenchDatabase } from "./database.ts";

const ROWS = 100_000;
const SESSIONS = 10_000;

/**
 * The ETL's batches, against the least that any ETL must do: one plain copy of the same raw rows into another table.
 * A ratio of 5 means that processing takes as long as copying five times.
 */
export async function benchEtl(serverUrl: string): Promise<string[]> {
  const lines: string[] = [];
  for (const batchSize of [1_000, 10_000, 50_000]) {
    lines.push(
      await withBenchDatabase(serverUrl, async (db) => {
        await fill(db);
        await db.exec("create table yardstick (like events_log)");
        const copy = await secondsOf(() => db.exec("insert into yardstick select * from events_log"));
        let rows = 0;
        const seconds = await secondsOf(async () => {
          for (;;) {
            const [row] = await db.query<{ rows: number }>("select process_events($1) as rows", [batchSize]);
            if (row!.rows === 0) return;
            rows += row!.rows;
          }
        });
        const events = await logicalEvents(db);
        return `batches of ${batchSize}: ${ratio(seconds, copy)} × a plain copy of the rows ` +
          `(${rows} rows, ${events} events in ${seconds.toFixed(1)} s)`;
      }),
    );
  }
  return lines;
}

/** A site's traffic: a third pageviews, the rest batches of four events without a url, about 1.3 kB a row. */
async function fill(db: Database): Promise<void> {
  await db.query(
    `insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, url, path, user_agent, raw_event_data)
     select
       case when n % 3 = 0 then 'pageview' else 'batch' end,
       'sess_' || n / 10 % $2::int, 'vis_' || n / 10 % $2::int, 'site_' || n % 5, t.at,
       case when n % 3 = 0 then 'https://example.com/page/' || n % 50 end,
       case when n % 3 = 0 then '/page/' || n % 50 end,
       'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
       case when n % 3 = 0 then
         jsonb_build_object(
           'attribution', jsonb_build_object('utmParams', jsonb_build_object('utm_source', 'google'), 'referrer', 'https://www.google.com/', 'referrerType', 'search', 'referrerPlatform', 'google'),
           'browser', jsonb_build_object('language', 'en-US', 'screenWidth', 1920, 'screenHeight', 1080, 'devicePixelRatio', 2, 'timezone', 'Europe/Berlin'),
           'page', jsonb_build_object('title', 'Page', 'padding', repeat('x', 700)))
       else
         jsonb_build_object('events', (
           select jsonb_agg(jsonb_build_object('eventType', 'click', 'timestamp', t.at + e * interval '1 second',
             'eventData', jsonb_build_object('tagName', 'A', 'id', 'link-' || e, 'text', repeat('y', 120))))
           from generate_series(1, 4) e))
       end
     from generate_series(1, $1::int) n, lateral (select timestamptz '2026-03-10' + n * interval '100 milliseconds' as at) t`,
    [ROWS, SESSIONS],
  );
  await db.exec("analyze events_log");
}

async function logicalEvents(db: Database): Promise<number> {
  const [row] = await db.query<{ events: number }>(
    "select (select count(*) from pageviews) + (select count(*) from user_events) as events",
  );
  return row!.events;
}
