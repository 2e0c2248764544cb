import { assertEquals } from "@std/assert";
import { JOBS } from "../etl/jobs.ts";
import { anyServer, pageview } from "./fixtures.ts";
import { serveProcess } from "./served_process.ts";

Deno.test("the crons run every job by themselves, and a signal ends them at once", async () => {
  await using db = await anyServer().migrated();
  await using server = await serveProcess("dev", {
    DATABASE_URL: db.url,
    // The runtime's own way to let crons fire soon.
    DENO_CRON_TEST_SCHEDULE_OFFSET: "200",
  });
  const response = await fetch(`${server.url}/collect`, { method: "POST", body: JSON.stringify(pageview()) });
  assertEquals(response.status, 202);
  await response.body?.cancel();
  const finished =
    "select distinct job from job_runs where finished_at is not null and error is null order by job";
  for (;;) {
    const [day] = await db.query("select total_pageviews from daily_site_metrics");
    const jobs = await db.query(finished);
    if (day && jobs.length === JOBS.length) {
      assertEquals(day, { total_pageviews: 1 });
      assertEquals(jobs.map(({ job }) => job), JOBS.map(({ name }) => name).toSorted());
      break;
    }
  }
  assertEquals(await server.stop("SIGINT"), 0);
});
