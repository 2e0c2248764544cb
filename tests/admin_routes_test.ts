import { assertEquals } from "@std/assert";
import { answer } from "./answer.ts";
import { ADMIN_TOKEN, batch, pageview, testApp } from "./fixtures.ts";

Deno.test("everything but collection asks for the admin token", async () => {
  await using app = await testApp();
  const status = async (path: string, method: string, authorization?: string) => {
    const response = await app.request(path, { method, headers: authorization ? { authorization } : {} });
    await response.body?.cancel();
    return [response.status, response.headers.get("www-authenticate")];
  };
  for (const [path, method] of [["/etl/status", "GET"], ["/etl/run", "POST"], ["/metrics", "GET"]] as const) {
    assertEquals(await status(path, method), [401, 'Bearer realm="footfall"']);
    assertEquals(await status(path, method, "Bearer wrong"), [401, 'Bearer realm="footfall"']);
    assertEquals(await status(path, method, `Bearer ${ADMIN_TOKEN}`), [200, null]);
  }
});

Deno.test("GET /etl/status and POST /etl/run say what waits and what was done", async () => {
  await using app = await testApp();
  const authorization = `Bearer ${ADMIN_TOKEN}`;
  await app.collect([pageview(), pageview(), batch([{ eventType: "click" }])]);
  const [, before] = await answer(await app.request("/etl/status", { headers: { authorization } })) as [
    number,
    {
      pending: Record<string, unknown>[];
    },
  ];
  assertEquals(before.pending.map(({ eventType, count }) => [eventType, count]), [["pageview", 2], [
    "batch",
    1,
  ]]);
  const [status, run] = await answer(
    await app.request("/etl/run", { method: "POST", headers: { authorization } }),
  ) as [number, {
    jobs: Record<string, unknown>[];
  }];
  assertEquals(status, 200);
  assertEquals(run.jobs.map(({ job, rows, error }) => [job, rows, error]).slice(0, 4), [
    ["process-events", 3, undefined],
    ["update-sessions", 0, undefined],
    ["daily-metrics", 1, undefined],
    ["cleanup", 0, undefined],
  ]);
  const [, after] = await answer(await app.request("/etl/status", { headers: { authorization } })) as [
    number,
    {
      pending: unknown[];
      jobs: Record<string, unknown>[];
    },
  ];
  assertEquals(after.pending, []);
  assertEquals(after.jobs.map(({ job, rows, error }) => [job, rows, error])[3], ["process-events", 3, null]);
});

Deno.test("GET /health and GET /metrics tell how things are", async () => {
  await using app = await testApp();
  await app.collect([pageview(), {}]);
  const [status, health] = await answer(await app.request("/health")) as [number, Record<string, unknown>];
  assertEquals([status, health.status, health.process], [200, "ok", { status: "ok", pendingEvents: 0 }]);
  const metrics =
    await (await app.request("/metrics", { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })).text();
  for (
    const line of [
      'footfall_events_accepted_total{stored="postgres"} 1',
      "footfall_events_rejected_total 1",
      "footfall_pending_events 1",
    ]
  ) {
    assertEquals([line, metrics.split("\n").includes(line)], [line, true]);
  }
});
