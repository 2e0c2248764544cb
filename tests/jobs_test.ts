import { assertEquals } from "@std/assert";
import { JOBS } from "../etl/jobs.ts";
import { ADMIN_TOKEN, testApp } from "./fixtures.ts";
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

  Deno.test(`what a job failed of is recorded and answered without a password (${engine.name})`, async () => {
    await using app = await testApp({ engine, own: true });
    await app.db.exec(`
      create or replace function end_idle_sessions() returns integer language plpgsql as $$
      begin
        raise exception 'could not connect to postgres://app:S3cr3t#@db/t';
      end $$`);
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    const error = "could not connect to postgres://app:[redacted]@db/t";

    const run = await app.request("/etl/run", { method: "POST", headers });
    const status = await app.request("/etl/status", { headers });
    const ofJob = (runs: { job: string; error?: string | null }[]) =>
      runs.find(({ job }) => job === "update-sessions")?.error;

    assertEquals([run.status, ofJob((await run.json()).jobs)], [500, error]);
    assertEquals(ofJob((await status.json()).jobs), error);
    assertEquals(await app.rows("select error from job_runs where error is not null"), [{ error }]);
  });
}
