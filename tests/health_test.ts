import { assertEquals } from "@std/assert";
import { pageview, type TestApp, testApp } from "./fixtures.ts";
import { serverTest } from "./test_database.ts";
import { until } from "./until.ts";

async function answers(app: TestApp): Promise<Record<string, unknown>> {
  const statuses: Record<string, unknown> = {};
  for (const path of ["/health", "/health/live", "/health/ready"]) {
    const response = await app.request(path);
    const { durableIn } = await response.json();
    assertEquals(response.headers.get("cache-control"), "no-store");
    statuses[path] = durableIn === undefined ? response.status : [response.status, durableIn];
  }
  return statuses;
}

/** A connection that takes long on a busy machine counts as a database that is away, until it is there. */
async function tells(app: TestApp, expected: Record<string, unknown>): Promise<void> {
  await until(
    `it tells ${JSON.stringify(expected)}`,
    async () => JSON.stringify(await answers(app)) === JSON.stringify(expected),
  );
}

const WELL = { "/health": 200, "/health/live": 200, "/health/ready": [200, "postgres"] };

serverTest(
  "without a spool it is ready only while the database is there, and live all the time",
  async () => {
    await using app = await testApp({ proxied: true });
    await tells(app, WELL);
    await app.proxy!.cut();
    await tells(app, { "/health": 503, "/health/live": 200, "/health/ready": 503 });
    app.proxy!.restore();
    await tells(app, WELL);
  },
);

serverTest("with a spool it stays ready while the database is away, until the spool is full", async () => {
  const folder = await Deno.makeTempDir({ prefix: "footfall-health-" });
  {
    await using app = await testApp({
      proxied: true,
      spoolPath: `${folder}/spool.db`,
      spoolBytes: 1_000_000,
    });
    await tells(app, WELL);
    await app.proxy!.cut();
    await tells(app, {
      "/health": 503,
      "/health/live": 200,
      "/health/ready": [200, "spool"],
    });
    await until("the spool is full", async () => {
      const posted = await app.collect(Array.from({ length: 50 }, () => pageview()));
      await posted.body?.cancel();
      return posted.status === 503;
    });
    await tells(app, { "/health": 503, "/health/live": 200, "/health/ready": 503 });
  }
  await Deno.remove(folder, { recursive: true });
});
