import { assertEquals } from "@std/assert";
import { JOBS } from "../etl/jobs.ts";
import { testApp } from "./fixtures.ts";
import { engines } from "./test_database.ts";

const ROWS = 25_000;

for (const engine of engines()) {
  Deno.test(`process-events tells after each batch what is done and what waits (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    await app.db.query(
      `insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, path, raw_event_data)
       select 'click', 's' || i % 500, 'v', 'shop', timestamptz '2026-01-05' + i * interval '1 second', '/', '{}'
       from generate_series(1, $1::int) i`,
      [ROWS],
    );
    const told: [processed: number, waiting: number][] = [];
    const context = {
      db: app.db,
      retentionDays: 90,
      signal: new AbortController().signal,
      whenBusy: "wait" as const,
      onProgress: (processed: number, waiting: number) => void told.push([processed, waiting]),
    };
    const [processEvents] = JOBS;

    assertEquals(await processEvents!.run(context), ROWS);
    assertEquals(told.at(-1), [ROWS, 0]);
    assertEquals(told.map(([processed, waiting]) => processed + waiting), told.map(() => ROWS));
    assertEquals(told, told.toSorted(([a], [b]) => a - b));

    told.length = 0;
    assertEquals(await processEvents!.run(context), 0);
    assertEquals(told, [[0, 0]]);
  });
}
