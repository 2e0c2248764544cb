import { assertEquals } from "@std/assert";
import { commandTest } from "./command_run.ts";
import { testDatabase } from "./test_database.ts";

commandTest("etl runs every job once and prints a row for each", testDatabase, async (run, db) => {
  await db.exec(`
    insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, url, path, raw_event_data)
    select 'pageview', 's' || i, 'v', 'shop', now() - interval '2 hours', 'https://shop.example/', '/', '{"eventType":"pageview"}'
    from generate_series(1, 3) i`);

  const { code, stdout, stderr } = await run("commands/etl.ts", []);

  const rows = stdout.trimEnd().split("\n").map((line) => line.trim().split(/ +/).slice(0, 2).join(" "));
  assertEquals({ code, rows, stderr }, {
    code: 0,
    rows: [
      "job rows",
      "--------------- ----",
      "process-events 3",
      // Sessions that were idle for long have ended as they were processed.
      "update-sessions 0",
      "daily-metrics 1",
      "cleanup 0",
      "maintenance 20",
    ],
    stderr: "",
  });
  assertEquals(await db.query("select total_sessions, total_pageviews from daily_site_metrics"), [
    { total_sessions: 3, total_pageviews: 3 },
  ]);
});

commandTest(
  "etl ends with 1 and the reason where a job fails, and still runs the others",
  testDatabase,
  async (run, db) => {
    await db.exec("alter table stale_days rename to elsewhere");

    const { code, stdout, stderr } = await run("commands/etl.ts", [], { LOG_LEVEL: "error" });

    const jobs = stdout.split("\n").map((line) => line.split(" ")[0]);
    const records = stderr.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line).job);
    assertEquals({ code, records, jobs }, {
      code: 1,
      records: ["daily-metrics"],
      jobs: [
        "job",
        "---------------",
        "process-events",
        "update-sessions",
        "daily-metrics",
        "cleanup",
        "maintenance",
        "",
      ],
    });
    assertEquals(await db.query("select error from job_runs where job = 'daily-metrics'"), [
      { error: 'relation "stale_days" does not exist' },
    ]);
  },
);
