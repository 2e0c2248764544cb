import { assertEquals } from "@std/assert";
import { ADMIN_TOKEN, anyServer, pageview, type TestApp, testApp } from "./fixtures.ts";
import { saveSite } from "../db/site_directory.ts";
import { serveProcess } from "./served_process.ts";
import { startProxy } from "./tcp_proxy.ts";
import { copyEmbedded } from "./embedded_database.ts";
import { until } from "./until.ts";

async function body(response: Response): Promise<Record<string, unknown>> {
  return { status: response.status, ...await response.json() };
}

async function spooledEvents(app: TestApp): Promise<number> {
  const health = await (await app.request("/health")).json();
  return health.spool.events;
}

Deno.test("while Postgres is away events are answered from the spool, and arrive once when it is back", async () => {
  const folder = await Deno.makeTempDir();
  {
    await using app = await testApp({ proxied: true, spoolPath: `${folder}/spool.db` });
    const eventId = crypto.randomUUID();
    await (await app.collect(pageview({ path: "/before" }))).body?.cancel();
    await app.proxy!.cut();

    assertEquals(
      await body(await app.collect([pageview({ path: "/a", eventId }), pageview({ path: "/b" })])),
      {
        status: "spooled",
        accepted: 2,
      },
    );
    assertEquals((await body(await app.collect(pageview({ path: "/a", eventId })))).status, "spooled");
    assertEquals(await spooledEvents(app), 3);
    const metrics = await app.request("/metrics", { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
    assertEquals(
      (await metrics.text()).split("\n").filter((line) =>
        /^footfall_(database|spool_ev|pending_ev)/.test(line)
      ),
      ["footfall_database_available 0", "footfall_spool_events 3"],
    );

    app.proxy!.restore();
    await until("the spool is empty", async () => await spooledEvents(app) === 0);
    assertEquals(await app.rows("select path from events_log order by path"), [
      { path: "/a" },
      { path: "/b" },
      { path: "/before" },
    ]);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("while Postgres is away and there is no spool, 503 says when to try again", async () => {
  await using app = await testApp({ proxied: true });
  await (await app.collect(pageview({ path: "/before" }))).body?.cancel();
  await app.proxy!.cut();
  const away = await app.collect(pageview({ path: "/lost" }));
  assertEquals([away.status, away.headers.get("retry-after"), away.headers.get("content-type")], [
    503,
    "5",
    "application/problem+json",
  ]);
  assertEquals((await app.request("/health")).status, 503);

  app.proxy!.restore();
  await until("the database is back", async () => (await app.request("/health")).status === 200);
  assertEquals((await app.collect(pageview({ path: "/after" }))).status, 202);
  assertEquals(await app.rows("select path from events_log order by path"), [{ path: "/after" }, {
    path: "/before",
  }]);
});

Deno.test("a collector that starts while Postgres is away still knows which sites may post", async () => {
  await using db = await anyServer().migrated();
  await saveSite(db, { siteId: "example-com", domains: ["example.com"] });
  await using proxy = startProxy(db.url);
  const folder = await Deno.makeTempDir();
  const env = { DATABASE_URL: proxy.url, ADMIN_TOKEN: "test-admin-token" };
  const post = async (url: string, siteId: string) => {
    const response = await fetch(`${url}/collect`, {
      method: "POST",
      body: JSON.stringify(pageview({ siteId })),
    });
    return [response.status, (await response.json()).status];
  };
  {
    await using before = await serveProcess("start", env, folder);
    assertEquals(await post(before.url, "example-com"), [202, "accepted"]);
    await before.stop("SIGKILL");
  }
  await proxy.cut();
  await using after = await serveProcess("start", env, folder);
  assertEquals(await post(after.url, "example-com"), [202, "spooled"]);
  assertEquals(await post(after.url, "stranger"), [403, 403]);
  proxy.restore();
  await until("both are stored", async () => (await db.query("select from events_log")).length === 2);
  await after.stop("SIGTERM");
  await Deno.remove(folder, { recursive: true });
});

for (const kind of ["postgres", "embedded"] as const) {
  Deno.test(`an event that was answered survives kill -9 of the collector, and is there once (${kind})`, async () => {
    await using db = await anyServer().migrated();
    const folder = await Deno.makeTempDir();
    if (kind === "embedded") await copyEmbedded(`${folder}/.data/pg`);
    const token = "test-admin-token";
    const env = { ADMIN_TOKEN: token, ...(kind === "postgres" ? { DATABASE_URL: db.url } : {}) };
    const ids = Array.from({ length: 400 }, () => crypto.randomUUID());
    const answered = new Set<string>();
    for (let round = 0; round < 3; round++) {
      await using server = await serveProcess("dev", env, folder);
      const left = ids.filter((id) => !answered.has(id));
      // The collector dies when a part of them is answered; what was not is sent again to the next one.
      const post = async (id: string) => {
        const response = await fetch(`${server.url}/collect`, {
          method: "POST",
          body: JSON.stringify(pageview({ eventId: id })),
        });
        await response.body?.cancel();
        if (response.status === 202) answered.add(id);
        if (round < 2 && answered.size >= (round + 1) * 100) await server.stop("SIGKILL");
      };
      await Promise.allSettled(left.map(post));
      if (round < 2) continue;

      assertEquals(answered.size, ids.length);
      const run = await fetch(`${server.url}/etl/run`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
      });
      await run.body?.cancel();
      const rows = await fetch(`${server.url}/sql`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body: "select count(*) as views, count(distinct event_id) as ids from pageviews",
      });
      assertEquals(await rows.json(), { rows: [{ views: ids.length, ids: ids.length }] });
    }
    await Deno.remove(folder, { recursive: true });
  });
}

Deno.test("SIGTERM finishes what is being stored, asks again for what is not read yet, and ends with 0", async () => {
  await using db = await anyServer().migrated();
  await using server = await serveProcess("start", {
    DATABASE_URL: db.url,
    ADMIN_TOKEN: "test-admin-token",
    OPEN_REGISTRATION: "true",
    SPOOL_PATH: "off",
  });
  const post = (body: BodyInit) => fetch(`${server.url}/collect`, { method: "POST", body });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const slow = post(readable);
  const writer = writable.getWriter();
  await writer.write(new TextEncoder().encode('{"eventType":'));

  let stored: Promise<Response> | undefined;
  let ended: Promise<number> | undefined;
  await db.transaction(async (tx) => {
    await tx.query("lock table events_log_pending in exclusive mode");
    stored = post(JSON.stringify(pageview({ path: "/stored" })));
    const waits =
      "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%store_events%'";
    await until("the insert waits", async () => (await db.query(waits)).length > 0);
    ended = server.stop("SIGTERM");
    await until("it is stopping", () => server.output().includes("stopping"));
  });
  await writer.write(new TextEncoder().encode('"click"}'));
  await writer.close();
  const refusal = await slow;
  assertEquals([refusal.status, refusal.headers.get("retry-after")], [503, "1"]);
  await refusal.body?.cancel();
  assertEquals((await body(await stored!)).accepted, 1);
  assertEquals(await ended, 0);
  assertEquals(await db.query("select path from events_log"), [{ path: "/stored" }]);
});

Deno.test("SIGTERM does not wait for a client that sends for ever", async () => {
  await using db = await anyServer().migrated();
  await using server = await serveProcess("dev", { DATABASE_URL: db.url });
  const { port } = new URL(server.url);
  using client = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const request = 'POST /collect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"a"';
  await client.write(new TextEncoder().encode(request));
  await (await fetch(`${server.url}/health`)).body?.cancel();
  assertEquals(await server.stop("SIGTERM"), 0, server.output());
});

Deno.test("the tracker and collection answer under the owner's own paths, too", async () => {
  await using app = await testApp({ trackerPaths: ["/js/app.js"], collectPaths: ["/api/ping"] });
  const tracker = await app.request("/js/app.js", { headers: { "accept-encoding": "br" } });
  assertEquals(
    [tracker.status, tracker.headers.get("content-encoding"), tracker.headers.get("cache-control")],
    [200, "br", "public, max-age=86400, stale-while-revalidate=604800"],
  );
  const etag = tracker.headers.get("etag")!;
  await tracker.body?.cancel();
  const again = await app.request("/tracking.js", {
    headers: { "accept-encoding": "br", "if-none-match": etag },
  });
  assertEquals(again.status, 304);
  const posted = await app.request("/api/ping", { method: "POST", body: JSON.stringify(pageview()) });
  assertEquals([posted.status, posted.headers.get("access-control-allow-origin")], [202, "*"]);
  await posted.body?.cancel();
  assertEquals((await app.request("/api/ping", { method: "OPTIONS" })).status, 204);
});
