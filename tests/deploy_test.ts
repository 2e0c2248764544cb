import { assertEquals } from "@std/assert";
import { CANARY_JOB } from "../etl/canary.ts";
import { JOBS } from "../etl/jobs.ts";
import { ADMIN_TOKEN, pageview, testApp } from "./fixtures.ts";

const read = (path: string) => Deno.readTextFile(new URL(`../${path}`, import.meta.url));
const DASHBOARD: { panels: { title: string; targets: { expr: string }[] }[] } = JSON.parse(
  await read("deploy/grafana.json"),
);
const ALERTS = await read("deploy/alerts.yaml");

/** The series that a process offers, by the names under which they are asked for. */
async function offered(): Promise<Map<string, Set<string>>> {
  await using app = await testApp();
  await (await app.collect([pageview(), {}])).body?.cancel();
  await (await app.collect(pageview(), { dnt: "1" })).body?.cancel();
  await app.etl();
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  await (await app.request("/metrics", { headers })).body?.cancel();
  const text = await (await app.request("/metrics", { headers })).text();
  const series = new Map<string, Set<string>>();
  for (const [, name] of text.matchAll(/^# TYPE (\w+)/gm)) series.set(name!, new Set());
  for (const [, name, labels = ""] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const known = series.get(name!) ?? new Set();
    for (const [, label] of labels.matchAll(/(\w+)=/g)) known.add(label!);
    series.set(name!, known);
  }
  return series;
}

Deno.test("every metric and label of the dashboard and the alerts is one that the collector offers", async () => {
  const series = await offered();
  const expressions = [
    ...DASHBOARD.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...ALERTS.split("\n"),
  ];
  const asked = expressions.flatMap((expression) =>
    [...expression.matchAll(/(footfall_\w+)(?:\{([^}]*)\})?/g)].map(([, name, labels = ""]) => ({
      name: name!,
      labels: [...labels.matchAll(/(\w+)=/g)].map(([, label]) => label!),
    }))
  );
  assertEquals(asked.filter(({ name }) => !series.has(name)), []);
  assertEquals(asked.filter(({ name, labels }) => labels.some((label) => !series.get(name)!.has(label))), []);

  // And nothing that is offered is out of sight.
  const dashboard = JSON.stringify(DASHBOARD);
  const names = [...series.keys()].filter((name) => !/_(?:bucket|sum|count)$/.test(name));
  assertEquals(names.filter((name) => !dashboard.includes(name)), []);
});

Deno.test("the alerts watch every job by its name", () => {
  const watched = [...ALERTS.matchAll(/job=~?"([\w|-]+)"/g)].flatMap(([, names]) => names!.split("|"));
  assertEquals([...JOBS, CANARY_JOB].map(({ name }) => name).filter((name) => !watched.includes(name)), []);
});

Deno.test("what runs in production is started alike by deno.json, the unit and the container", async () => {
  const { tasks, deploy } = JSON.parse(await read("deno.json"));
  const flags = /--v8-flags=[\w,=-]+/.exec(tasks.start.command)![0];
  const unit = await read("deploy/footfall.service");
  const container = await read("deploy/Dockerfile");
  assertEquals([unit.includes(flags), container.includes(flags)], [true, true]);
  assertEquals(deploy, {
    install: "deno install",
    predeploy: "deno task db:migrate",
    runtime: { type: "dynamic", entrypoint: "main.ts" },
  });
  const version = /deno@[\d.]+/.exec(await read("README.md"))![0];
  for (const path of ["deploy/Dockerfile", "docs/deploy-one-machine.md", ".ci/run"]) {
    assertEquals([path, [...new Set((await read(path)).match(/deno@[\d.]+/g))]], [path, [version]]);
  }
});

Deno.test("/metrics counts answers by method and status, and tells of jobs and connections", async () => {
  await using app = await testApp();
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  for (const body of [pageview(), {}]) await (await app.collect(body)).body?.cancel();
  await (await app.request("/collect", { method: "BREW" })).body?.cancel();
  await (await app.request("/health/live")).body?.cancel();
  const before = Math.floor(Date.now() / 1000);
  await app.etl();
  const lines = (await (await app.request("/metrics", { headers })).text()).split("\n");
  const values = (name: string): Record<string, string> =>
    Object.fromEntries(
      lines.filter((line) => line.startsWith(name)).map((line) => line.slice(name.length).split(" ")),
    );
  assertEquals(values("footfall_requests_total"), {
    '{method="POST",status="202"}': "1",
    '{method="POST",status="400"}': "1",
    '{method="other",status="405"}': "1",
    '{method="GET",status="200"}': "1",
  });
  const jobs = JOBS.map(({ name }) => `{job="${name}"}`).toSorted();
  const successes = values("footfall_job_last_success_timestamp_seconds");
  assertEquals(Object.keys(successes), jobs);
  assertEquals(
    Object.values(successes).filter((at) => !(Number(at) >= before && Number(at) < before + 600)),
    [],
  );
  const seconds = values("footfall_job_seconds");
  assertEquals(Object.keys(seconds), jobs);
  assertEquals(Object.values(seconds).filter((time) => !(Number(time) >= 0 && Number(time) < 600)), []);
  assertEquals(values("footfall_pool_waiting"), { "": "0" });
  const open = Object.values(values("footfall_pool_connections")).reduce(
    (sum, count) => sum + Number(count),
    0,
  );
  assertEquals(open >= 1 && open <= app.db.connections, true, `${open} connections`);
});
