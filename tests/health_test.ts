import { assertEquals } from "@std/assert";
import { DatabaseUnavailable, StatementTimeout } from "../db/database.ts";
import { describeOutage, ReadOnlyDatabase } from "../db/outage.ts";
import { classifyError } from "../db/sqlstate.ts";
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

Deno.test("why the database is away is told in phrases of our own, whatever the driver or the system said", () => {
  const driver = (message: string, code?: string) =>
    classifyError(Object.assign(new Error(message), { code }));
  const secret = "at postgres://app:S3cr3t@10.0.0.1:5432/t";
  const unreachable = "the database cannot be reached";
  const cases: [unknown, string][] = [
    [driver(`connect ECONNREFUSED ${secret}`, "ECONNREFUSED"), unreachable],
    [driver(`getaddrinfo ENOTFOUND ${secret}`, "ENOTFOUND"), unreachable],
    [new DatabaseUnavailable("Cannot connect", { cause: driver("self-signed certificate") }), unreachable],
    [driver(`Connection terminated ${secret}`), unreachable],
    [
      new DatabaseUnavailable("Cannot connect", { cause: driver(`password of ${secret}`, "28P01") }),
      "the database does not let this process in",
    ],
    [driver(`database "${secret}" does not exist`, "3D000"), "the database does not exist"],
    [driver("cannot execute INSERT in a read-only transaction", "25006"), "the database is read-only"],
    [new ReadOnlyDatabase(), "the database is read-only"],
    [driver(secret, "53300"), "the database server is out of connections, memory or disk"],
    [driver(secret, "57P01"), "the database server is shutting down"],
    [driver(secret, "57P03"), "the database server is starting up or shutting down"],
    [driver(secret, "57014"), "the database does not answer in time"],
    [new StatementTimeout(secret), "the database does not answer in time"],
    [
      driver("function store_events does not exist", "42883"),
      "the database lacks what this release needs, or this process a right to it",
    ],
    [driver(secret, "58030"), "the disk of the database fails"],
    [driver(secret, "XX001"), "the database is damaged or has failed"],
    [new TypeError(`Invalid URL: ${secret}`), "the database refuses what it is asked"],
    [secret, "the database refuses what it is asked"],
  ];
  for (const [error, phrase] of cases) assertEquals(describeOutage(error), phrase);
});

serverTest("/health tells a stranger since when, and in a phrase why", async () => {
  await using app = await testApp({ proxied: true });
  const health = async () => {
    const response = await app.request("/health");
    const { database } = await response.json();
    return [response.status, database];
  };
  await app.proxy!.cut();
  assertEquals(await health(), [503, { status: "unavailable", detail: "the database cannot be reached" }]);

  const posted = await app.collect(pageview());
  await posted.body?.cancel();
  const [status, { since, ...database }] = await health();
  assertEquals([status, database, typeof since], [
    503,
    { status: "unavailable", detail: "the database cannot be reached" },
    "string",
  ]);
});

serverTest(
  "a database that turns read-only is unwell, and its events are spooled, before one of them fails",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "footfall-health-" });
    {
      await using app = await testApp({ proxied: true, own: true, spoolPath: `${folder}/spool.db` });
      const [{ name }] = await app.rows("select current_database() as name") as [{ name: string }];
      // As connections to a server that is demoted: they stay, and take no writes.
      await app.db.exec(`alter database ${name} set default_transaction_read_only = on`);
      await until(
        "it is read-only",
        async () =>
          (await (await app.request("/health")).json()).database.detail === "the database is read-only",
      );
      await tells(app, { "/health": 503, "/health/live": 200, "/health/ready": [200, "spool"] });
      const spooled = await app.collect(pageview());
      assertEquals([spooled.status, await spooled.json()], [202, { status: "spooled", accepted: 1 }]);

      await app.db.exec(`set default_transaction_read_only = off; alter database ${name} reset all`);
      await tells(app, WELL);
      await until("the spool is drained", async () => {
        const [{ events }] = await app.rows("select count(*) as events from events_log") as [
          { events: number },
        ];
        return events === 1;
      });
    }
    await Deno.remove(folder, { recursive: true });
  },
);
