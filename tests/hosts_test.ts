import { assertEquals, assertRejects } from "@std/assert";
import { ADMIN_TOKEN, anyServer, pageview } from "./fixtures.ts";
import { type ServedProcess, serveProcess } from "./served_process.ts";
import { until } from "./until.ts";

async function collect({ url }: ServedProcess): Promise<unknown[]> {
  const response = await fetch(`${url}/collect`, { method: "POST", body: JSON.stringify(pageview()) });
  return [response.status, (await response.json()).status];
}

Deno.test("with CRONS=off, or on a timeline that is not production, a process collects and runs no job", async () => {
  await using collecting = await anyServer().migrated();
  await using working = await anyServer().migrated();
  // The runtime's own way to let crons fire soon.
  const env = { ADMIN_TOKEN, OPEN_REGISTRATION: "true", DENO_CRON_TEST_SCHEDULE_OFFSET: "200" };
  await using off = await serveProcess("start", { ...env, DATABASE_URL: collecting.url, CRONS: "off" });
  await using preview = await serveProcess("start", {
    ...env,
    DATABASE_URL: collecting.url,
    DENO_DEPLOY: "true",
    DENO_TIMELINE: "preview/4f2a",
  });
  assertEquals([await collect(off), await collect(preview)], [[202, "accepted"], [202, "accepted"]]);
  await using _on = await serveProcess("start", { ...env, DATABASE_URL: working.url });

  const runs = "select from job_runs where job = 'process-events' and finished_at is not null";
  await until(
    "the last process has run its jobs several times",
    async () => (await working.query(runs)).length > 3,
  );
  assertEquals(await collecting.query("select from job_runs"), []);
  assertEquals((await collecting.query("select from events_log where processed_at is null")).length, 2);
});

Deno.test("where the file system takes no spool, it collects without one and says so once", async () => {
  await using db = await anyServer().migrated();
  const folder = await Deno.makeTempDir({ prefix: "footfall-hosts-" });
  // Nobody can make a folder here, not even root.
  await Deno.writeTextFile(`${folder}/.data`, "");
  const env = { DATABASE_URL: db.url, ADMIN_TOKEN, OPEN_REGISTRATION: "true" };
  {
    await using server = await serveProcess("start", env, folder);
    assertEquals(await collect(server), [202, "accepted"]);
    const health = await (await fetch(`${server.url}/health`)).json();
    assertEquals([health.status, "spool" in health], ["ok", false]);
    assertEquals(server.output().match(/there is no spool/g)?.length, 1);
  }
  // Whoever asked for one by name learns that there is none.
  await assertRejects(
    () => serveProcess("start", { ...env, SPOOL_PATH: `${folder}/.data/spool.db` }, folder),
    Error,
    "SPOOL_PATH",
  );
  await Deno.remove(folder, { recursive: true });
});
