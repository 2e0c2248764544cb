import { assertEquals } from "@std/assert";
import { createShareLink } from "../db/share_links.ts";
import { ADMIN_TOKEN, pageview, type TestApp, testApp } from "./fixtures.ts";

const AUTHORIZATION = { authorization: `Bearer ${ADMIN_TOKEN}` };
const ALL = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** The methods that somebody may use at each path of the app, as its routes say; what stands before others left out. */
function methodsByPath({ routes }: TestApp): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const [method, path] of routes.map((route) => route.split(" ") as [string, string])) {
    if (path.endsWith("*")) continue;
    const here = path.replace("/:id{[0-9]{1,15}}", "/1").replace(":site", "site-a").replace(/:\w+/g, "x");
    methods.set(here, [...methods.get(here) ?? [], ...(method === "GET" ? ["GET", "HEAD"] : [method])]);
  }
  // These are views of a site, too: any one may be looked at.
  for (const path of ["/dashboard/sign-out", "/dashboard/site-a/goals"]) {
    methods.get(path)!.push("GET", "HEAD");
  }
  return methods;
}

Deno.test("a method that a path does not take is answered 405, with those that it takes", async () => {
  await using app = await testApp({ dev: true });
  await app.rows("insert into sites (site_id) values ('site-a')");
  const wrong: unknown[] = [];
  for (const [path, methods] of methodsByPath(app)) {
    const allow = ALL.filter((method) => methods.includes(method) || method === "OPTIONS").join(", ");
    for (const method of ALL.filter((method) => !methods.includes(method) && method !== "OPTIONS")) {
      const response = await app.request(path, { method, headers: AUTHORIZATION });
      const body = await response.text();
      const isPage = /^\/(dashboard|share)/.test(path);
      const isRight = method === "HEAD"
        ? body === ""
        : isPage
        ? body.startsWith("<!DOCTYPE html>")
        : body === JSON.stringify({
          type: "about:blank",
          title: "Method not allowed",
          status: 405,
          detail: `${path} takes no ${method}; it takes ${allow}`,
        });
      const answer = [
        response.status,
        response.headers.get("allow"),
        response.headers.get("content-type"),
        isRight,
      ];
      const type = isPage ? "text/html; charset=UTF-8" : "application/problem+json";
      if (answer.join() !== [405, allow, type, true].join()) wrong.push([method, path, allow, ...answer]);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("OPTIONS says what a path takes, and nothing where there is nothing", async () => {
  await using app = await testApp({ dev: true });
  const ask = async (path: string) => {
    const response = await app.request(path, { method: "OPTIONS" });
    return [response.status, response.headers.get("allow"), await response.text() === ""];
  };
  assertEquals(await ask("/health"), [204, "GET, HEAD, OPTIONS", true]);
  assertEquals(await ask("/api/v1/keys"), [204, "GET, HEAD, POST, OPTIONS", true]);
  assertEquals(await ask("/collect"), [204, "GET, HEAD, POST, OPTIONS", true]);
  assertEquals(await ask("/etl/run"), [204, "POST, OPTIONS", true]);
  assertEquals(await ask("/nothing"), [404, null, false]);
});

Deno.test("HEAD is answered as GET is, without its body", async () => {
  await using app = await testApp({ dev: true });
  await app.rows("insert into sites (site_id) values ('site-a')");
  const open = await createShareLink(app.db, {
    siteId: "site-a",
    name: "",
    passwordHash: null,
    embedOrigins: [],
  });
  const paths = [
    ...[...methodsByPath(app)].filter(([path, methods]) => methods.includes("HEAD") && path !== "/collect")
      .map(([path]) => path),
    "/api/v1/sites/site-a/overview",
    "/api/v1/sites/site-a/breakdown/page",
    "/dashboard/site-a/realtime",
    "/dashboard/site-a?period=never",
    `/share/${open.slug}`,
  ];
  for (const path of new Set(paths)) {
    const init = { headers: { ...AUTHORIZATION, "accept-encoding": "gzip" } };
    const [got, head] = await Promise.all([
      app.request(path, init),
      app.request(path, { ...init, method: "HEAD" }),
    ]);
    const body = await got.arrayBuffer();
    // Of each request its own.
    const steady = ({ headers }: Response) =>
      [...headers].filter(([name]) => !["content-length", "set-cookie"].includes(name)).sort();
    assertEquals([path, head.status, steady(head)], [path, got.status, steady(got)]);
    assertEquals(await head.text(), "");
    const length = got.body === null ? null : String(body.byteLength);
    // What changes meanwhile: how long a database has been up, when a page was made.
    if (!["/metrics", "/health", "/etl/status"].includes(path)) {
      assertEquals([path, head.headers.get("content-length")], [path, length]);
    }
  }
});

Deno.test("HEAD of the pixel stores nothing", async () => {
  await using app = await testApp();
  const { eventType, siteId } = pageview() as { eventType: string; siteId: string };
  const path = `/collect?eventType=${eventType}&siteId=${siteId}`;
  const head = await app.request(path, { method: "HEAD" });
  assertEquals([head.status, head.headers.get("content-length"), await head.text()], [200, "43", ""]);
  assertEquals(await app.rows("select count(*) as events from events_log"), [{ events: 0 }]);
});
