import { assertEquals } from "@std/assert";
import { createApiKey } from "../db/api_keys.ts";
import { createShareLink } from "../db/share_links.ts";
import { newSiteIdProblem } from "../db/site_directory.ts";
import { addGoal } from "../db/stats/goals.ts";
import { roles } from "./access_roles.ts";
import { pageview, type TestApp, testApp } from "./fixtures.ts";
import { serverTest } from "./test_database.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** Who may use a route: everybody, or what each kind of role is answered. */
type Who =
  | "everybody"
  | "admin token"
  | "admin"
  | "admin, a page"
  | "readers"
  | "readers of A"
  | "readers of A, a page"
  | "writers of A";

interface Route {
  who: Who;
  /** Status for whoever may use it. */
  status: number;
  /** Where it is asked for, made anew for each request; else the route's own path. */
  path?: string | ((app: TestApp) => Promise<string>);
  /** JSON; or a form as it is sent. */
  body?: unknown;
}

// Every route there is. One that is missing here fails the test: whoever adds it says who may use it.
const ROUTES: Record<string, Route> = {
  "GET /": { who: "everybody", status: 200 },
  "GET /favicon.ico": { who: "everybody", status: 204 },
  "GET /health": { who: "everybody", status: 200 },
  "GET /health/live": { who: "everybody", status: 200 },
  "GET /health/ready": { who: "everybody", status: 200 },
  "GET /tracking.js": { who: "everybody", status: 200 },
  "GET /vitals.js": { who: "everybody", status: 200 },
  "GET /assets/*": { who: "everybody", status: 200, path: "/assets/dashboard.css" },
  "GET /demo": { who: "everybody", status: 302 },
  "GET /demo/*": { who: "everybody", status: 200, path: "/demo/" },
  "GET /collect": { who: "everybody", status: 200, path: "/collect?eventType=pageview&siteId=site-a" },
  "POST /collect": { who: "everybody", status: 202, body: pageview() },
  "OPTIONS /collect": { who: "everybody", status: 204 },
  "GET /metrics": { who: "admin token", status: 200 },
  "GET /etl/status": { who: "admin token", status: 200 },
  "POST /etl/run": { who: "admin token", status: 200 },
  "POST /sql": { who: "admin token", status: 200 },
  "POST /dev/table": { who: "admin token", status: 200, body: "select 1" },
  "POST /dev/site": { who: "admin token", status: 200, body: { siteId: "site-a" } },
  // Only the embedded database has a backup of its own.
  "POST /dev/backup": { who: "admin token", status: 400 },
  "POST /api/v1/keys": { who: "admin", status: 201, body: { siteId: "site-a" } },
  "GET /api/v1/keys": { who: "admin", status: 200 },
  "DELETE /api/v1/keys/:id{[0-9]{1,15}}": {
    who: "admin",
    status: 204,
    path: async ({ db }) => {
      const { key } = await createApiKey(db, { siteId: "site-a", name: "", scope: "read" });
      return `/api/v1/keys/${key.id}`;
    },
  },
  "POST /api/v1/sites/:site/share-links": {
    who: "writers of A",
    status: 201,
    path: "/api/v1/sites/site-a/share-links",
    body: {},
  },
  "GET /api/v1/sites/:site/share-links": {
    who: "writers of A",
    status: 200,
    path: "/api/v1/sites/site-a/share-links",
  },
  "DELETE /api/v1/sites/:site/share-links/:id{[0-9]{1,15}}": {
    who: "writers of A",
    status: 204,
    path: async (app) => `/api/v1/sites/site-a/share-links/${(await linkOfA(app)).id}`,
  },
  "GET /api/openapi.json": { who: "everybody", status: 200 },
  "GET /api/docs": { who: "everybody", status: 200 },
  "GET /api/v1/sites": { who: "readers", status: 200 },
  ...Object.fromEntries(
    Object.entries({
      "overview": "overview",
      "timeseries": "timeseries",
      "breakdown/:dimension": "breakdown/page",
      "realtime": "realtime",
      "funnel": "funnel?step=page:/a&step=event:signup",
      "retention": "retention",
      "journeys": "journeys?page=/a",
      "forms": "forms",
      "scroll": "scroll",
      "goals": "goals",
      "revenue": "revenue",
      "events/:name": "events/signup",
      // What stands before all of these.
      "*": "overview",
    }).map(([path, asked]) => [
      `GET /api/v1/sites/:site/${path}`,
      { who: "readers of A", status: 200, path: `/api/v1/sites/site-a/${asked}` } as Route,
    ]),
  ),
  "POST /api/v1/sites/:site/goals": {
    who: "writers of A",
    status: 201,
    path: "/api/v1/sites/site-a/goals",
    get body() {
      return { name: crypto.randomUUID(), event: "signup" };
    },
  },
  "DELETE /api/v1/sites/:site/goals/:id": {
    who: "writers of A",
    status: 204,
    path: async ({ db }) =>
      `/api/v1/sites/site-a/goals/${await addGoal(db, "site-a", {
        name: crypto.randomUUID(),
        event: "signup",
      })}`,
  },
  "POST /api/v1/sites/:site/*": { who: "writers of A", status: 404, path: "/api/v1/sites/site-a/nothing" },
  "DELETE /api/v1/sites/:site/*": { who: "writers of A", status: 404, path: "/api/v1/sites/site-a/nothing" },
  "GET /share/:slug": {
    who: "everybody",
    status: 303,
    path: async (app) => `/share/${(await linkOfA(app)).slug}`,
  },
  // What follows is refused to those who do not come from a page of ours: tests/sign_in_test.ts.
  "POST /share/:slug": { who: "everybody", status: 404, path: "/share/unknown" },
  "POST /dashboard/sign-in": { who: "everybody", status: 403 },
  "POST /dashboard/sign-out": { who: "everybody", status: 303 },
  "GET /dashboard/sign-in": { who: "everybody", status: 200 },
  "GET /dashboard": { who: "admin, a page", status: 200 },
  "GET /dashboard/sites": { who: "admin, a page", status: 200 },
  "POST /dashboard/sites": { who: "admin, a page", status: 303, body: "site=site-a&timezone=UTC&existing=1" },
  "GET /dashboard/:site/:view": {
    who: "readers of A, a page",
    status: 200,
    path: "/dashboard/site-a/realtime",
  },
  "GET /dashboard/:site/arrival": {
    who: "readers of A, a page",
    status: 200,
    path: "/dashboard/site-a/arrival",
  },
  "POST /dashboard/:site/goals": {
    who: "writers of A",
    status: 303,
    path: "/dashboard/site-a/goals",
    body: "name=Seen&target=/seen&remove=",
  },
  "GET /dashboard/:site": { who: "readers of A, a page", status: 200, path: "/dashboard/site-a" },
};

const READERS_OF_A = [
  "read key of A",
  "write key of A",
  "read key of all",
  "write key of all",
  "share link of A",
];

/** What the role is answered where only some may pass; the answer to strangers is 401, or the way to sign in. */
function expected({ who, status }: Route, role: string): number {
  const isAdmin = role === "admin token" || role === "admin cookie";
  const isKey = /^(read|write) key/.test(role);
  const stranger = who.endsWith("a page") ? 302 : 401;
  switch (who) {
    case "everybody":
      return status;
    case "admin token":
      return role === "admin token" ? status : 401;
    case "admin":
    case "admin, a page":
      return isAdmin ? status : isKey ? 403 : stranger;
    case "readers":
      // A link is of one site, and this is about all.
      return isAdmin || isKey && !role.startsWith("revoked") ? status : 401;
    case "readers of A":
      return isAdmin || READERS_OF_A.includes(role) ? status : isKey ? 404 : 401;
    case "readers of A, a page":
      return isAdmin || READERS_OF_A.includes(role) ? status : isKey ? 404 : stranger;
    case "writers of A":
      if (isAdmin || role === "write key of A" || role === "write key of all") return status;
      return READERS_OF_A.includes(role) ? 403 : isKey ? 404 : stranger;
  }
}

async function linkOfA({ db }: TestApp) {
  return await createShareLink(db, { siteId: "site-a", name: "", passwordHash: null, embedOrigins: [] });
}

Deno.test("every route is in the table of who may use it", async () => {
  await using app = await testApp({ dev: true });
  const mounted = app.routes.map((route) => route.replace(/^(GET \/(demo|assets)\/).*$/, "$1*"));
  assertEquals([...new Set(mounted)].sort(), Object.keys(ROUTES).sort());
});

Deno.test("no site can be added whose id is an address of this host", async () => {
  await using app = await testApp({ dev: true });
  const paths = app.routes.map((route) => route.split(" ")[1]!.split("/").slice(1));
  const taken = paths.flatMap(([first, second]) => first === "dashboard" ? [first, second] : first)
    // The site of the demo has this id.
    .filter((segment) => segment && !segment.startsWith(":") && segment !== "demo");
  assertEquals([...new Set(taken)].filter((segment) => newSiteIdProblem(segment!) === undefined), []);
});

serverTest("every role is answered by every route as the table says", async () => {
  await using app = await testApp({ dev: true, trustProxy: 1 });
  await app.db.query("insert into sites (site_id) values ('site-a')");
  const wrong: string[] = [];
  let requests = 0;
  for (const [role, credentials] of Object.entries(await roles(app))) {
    for (const [name, route] of Object.entries(ROUTES)) {
      const method = name.split(" ")[0]!;
      const path = typeof route.path === "function"
        ? await route.path(app)
        : route.path ?? name.split(" ")[1]!;
      const response = await app.request(path, {
        method,
        headers: {
          ...(route.body === undefined || typeof route.body === "string" ? {} : JSON_TYPE),
          // Forms come from pages of ours here.
          ...(route.who === "everybody" ? { "sec-fetch-site": "same-origin" } : {}),
          ...credentials,
          // Each from an address of its own: who is wrong too often is not looked at.
          "x-forwarded-for": `198.51.${requests >> 8}.${requests++ & 255}`,
        },
        body: typeof route.body === "string" ? route.body : JSON.stringify(route.body),
      });
      const answer = [
        response.status,
        response.headers.get("content-type"),
        response.headers.get("location"),
      ];
      await response.body?.cancel();
      const status = signedIn(role, name) ? 302 : expected(route, role);
      const type = status >= 400 && route.who !== "everybody"
        ? path.startsWith("/dashboard") ? "text/html; charset=UTF-8" : "application/problem+json"
        : answer[1];
      const location = status === 302 && route.who.endsWith("a page")
        ? `/dashboard/sign-in?next=${encodeURIComponent(path)}`
        : answer[2];
      if (answer.join() !== [status, type, location].join()) {
        wrong.push(`${role}: ${name} answered ${answer}, not ${[status, type, location]}`);
      }
    }
  }
  assertEquals(wrong, []);
});

/** Who is signed in is led on from the form. */
function signedIn(role: string, route: string): boolean {
  return route === "GET /dashboard/sign-in" && ["admin cookie", "wrong token beside a cookie"].includes(role);
}

Deno.test("the API of a site tells readers of another nothing, not even whether it exists", async () => {
  await using app = await testApp({ trustProxy: 1 });
  await app.db.query("insert into sites (site_id) values ('site-b')");
  const everybody = await roles(app);
  const ask = async (role: string, site: string) => {
    const response = await app.request(`/api/v1/sites/${site}/share-links`, { headers: everybody[role] });
    return [response.status, (await response.text()).replaceAll(site, "SITE")];
  };
  for (const role of ["read key of A", "write key of A", "share link of A", "stranger"]) {
    assertEquals(await ask(role, "site-b"), await ask(role, "site-that-was-never-added"), role);
  }
  assertEquals((await ask("write key of A", "site-b"))[0], 404);
});
