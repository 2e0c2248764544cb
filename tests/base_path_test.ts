import { assertEquals, assertMatch } from "@std/assert";
import { cookiesOf, OUR_PAGE } from "./access_roles.ts";
import { ADMIN_TOKEN, pageview, type TestApp, testApp } from "./fixtures.ts";

const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };
const FORM = { "content-type": "application/x-www-form-urlencoded" };

// How a request to https://example.com/stats/… arrives here.
const PROXIES: [
  string,
  { basePath: string; trustProxy: number },
  Record<string, string>,
  (p: string) => string,
][] = [
  ["BASE_PATH, the proxy leaves it", { basePath: "/stats", trustProxy: 1 }, {}, (path) => path],
  ["BASE_PATH, the proxy takes it off", { basePath: "/stats", trustProxy: 1 }, {}, withoutStats],
  [
    "X-Forwarded-Prefix, taken off",
    { basePath: "", trustProxy: 1 },
    { "x-forwarded-prefix": "/stats" },
    withoutStats,
  ],
  [
    "X-Forwarded-Prefix, left",
    { basePath: "", trustProxy: 1 },
    { "x-forwarded-prefix": "/stats/" },
    (path) => path,
  ],
];

function withoutStats(path: string): string {
  return path.replace(/^\/stats(?=[/?]|$)/, "").replace(/^(?!\/)/, "/");
}

/** A request by the address that a browser shows. */
type Browse = (path: string, init?: RequestInit) => Promise<Response>;

async function behindProxies(
  work: (browse: Browse, app: TestApp, proxy: string) => Promise<void>,
  proxies = PROXIES,
) {
  for (const [proxy, options, prefix, asForwarded] of proxies) {
    await using app = await testApp({ ...options, dev: true });
    const browse: Browse = (path, init = {}) =>
      app.request(asForwarded(path), {
        ...init,
        headers: {
          "x-forwarded-proto": "https",
          "x-forwarded-host": "example.com",
          ...prefix,
          ...init.headers as Record<string, string>,
        },
      });
    await work(browse, app, proxy);
  }
}

async function signIn(browse: Browse, next = ""): Promise<Response> {
  const body = new URLSearchParams({ token: ADMIN_TOKEN, next }).toString();
  return await browse("/stats/dashboard/sign-in", {
    method: "POST",
    headers: { ...FORM, ...OUR_PAGE },
    body,
  });
}

/** Every address that the page names of its own host, decoded. */
function addressesIn(html: string): string[] {
  return [...html.matchAll(/\s(?:href|src|action|data-refresh)="([^"#]+)"/g)]
    .map(([, address]) => address!.replaceAll("&amp;", "&"))
    .filter((address) => !/^[a-z]+:/.test(address));
}

Deno.test("under a path every address of every page leads to a page under it", async () => {
  await behindProxies(async (browse, app, proxy) => {
    await app.db.query("insert into sites (site_id) values ('empty')");
    await (await app.collect(pageview({ timestamp: new Date().toISOString() }))).body?.cancel();
    await app.etl();
    const cookie = cookiesOf(await signIn(browse));
    const seen = new Set<string>();
    const wrong: string[] = [];
    const waiting = [
      "/stats",
      "/stats/",
      "/stats/dashboard",
      "/stats/api/docs",
      "/stats/dashboard/nowhere/at-all",
    ];
    for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
      const { pathname } = new URL(address, "https://example.com");
      // One look at each page: another period, or the same view of another site, is made by the same code.
      const isSeen = seen.has(pathname) ||
        /\/sign-out$|\/(?:empty|nowhere)\/(?!arrival|at-all)/.test(pathname);
      if (isSeen) continue;
      seen.add(pathname);
      const response = await browse(address, { headers: { cookie } });
      const text = await response.text();
      const isMeant = response.status === 200 || /nowhere|etl\/status|metrics/.test(pathname);
      if (!isMeant) wrong.push(`${address} is ${response.status}`);
      if (!response.headers.get("content-type")?.startsWith("text/html")) continue;
      for (const found of addressesIn(text)) {
        const { pathname: path, search } = new URL(found, `https://example.com${address}`);
        if (!/^\/stats(\/|$)/.test(path)) wrong.push(`${address} leads to ${found}`);
        else waiting.push(path + search);
      }
    }
    assertEquals([proxy, wrong], [proxy, []]);
    const expected = ["", "/funnel", "/realtime", "/journeys", "/retention", "/goals", "/country", "/page"];
    const pages = [
      "/stats/assets/dashboard.css",
      "/stats/assets/dashboard.js",
      "/stats/tracking.js",
      "/stats/health",
      "/stats/api/openapi.json",
      "/stats/api/v1/sites/example-com/breakdown/page",
      "/stats/demo/products.html",
      "/stats/dashboard/sites",
      "/stats/dashboard/empty",
      "/stats/dashboard/empty/arrival",
      ...expected.map((view) => `/stats/dashboard/example-com${view}`),
    ];
    assertEquals([proxy, pages.filter((page) => !seen.has(page))], [proxy, []]);
  }, PROXIES.slice(0, 3));
});

Deno.test("under a path every redirect stays under it, and signing in and out works there", async () => {
  await behindProxies(async (browse, app, proxy) => {
    await app.db.query("insert into sites (site_id) values ('shop')");
    const leads = async (answer: Promise<Response>) => {
      const { status, headers, body } = await answer;
      await body?.cancel();
      return [status, headers.get("location")];
    };
    const signedIn = await signIn(browse, "/dashboard/shop?period=7d");
    const cookie = cookiesOf(signedIn);
    const [session] = signedIn.headers.getSetCookie();
    const out = await browse("/stats/dashboard/sign-out", {
      method: "POST",
      headers: { cookie, ...OUR_PAGE },
    });
    const site = await browse("/stats/dashboard/sites", {
      method: "POST",
      headers: { cookie, ...FORM, ...OUR_PAGE },
      body: "site=blog&timezone=UTC",
    });

    assertMatch(session!, /; Path=\/stats; HttpOnly; Secure; SameSite=Lax$/, proxy);
    assertEquals({
      asked: await leads(browse("/stats/dashboard/shop?period=7d")),
      signedIn: [signedIn.status, signedIn.headers.get("location")],
      already: await leads(browse("/stats/dashboard/sign-in", { headers: { cookie } })),
      out: [out.status, out.headers.get("location"), out.headers.getSetCookie()],
      site: [site.status, site.headers.get("location")],
      slash: await leads(browse("/stats/dashboard/shop/?period=7d", { headers: { cookie } })),
      demo: await leads(browse("/stats/demo")),
      filter: await leads(
        browse("/stats/dashboard/shop?filter_by=country&filter_that=is&filter_value=DE", {
          headers: { cookie },
        }),
      ),
    }, {
      asked: [302, "/stats/dashboard/sign-in?next=%2Fdashboard%2Fshop%3Fperiod%3D7d"],
      signedIn: [303, "/stats/dashboard/shop?period=7d"],
      already: [302, "/stats/dashboard"],
      out: [303, "/stats/dashboard/sign-in", [
        "footfall_session=; Max-Age=0; Path=/stats; HttpOnly; Secure; SameSite=Lax",
        "footfall_session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
      ]],
      site: [303, "/stats/dashboard/sites?site=blog"],
      slash: [302, "/stats/dashboard/shop?period=7d"],
      demo: [302, "/stats/demo/"],
      filter: [303, "/stats/dashboard/shop?filter=country:is:DE"],
    });
  });
});

Deno.test("under a path share links open, for people and in frames, and the API tells addresses that work", async () => {
  await behindProxies(async (browse, app, proxy) => {
    await app.db.query("insert into sites (site_id) values ('shop')");
    await (await app.collect(pageview({ siteId: "seen" }))).body?.cancel();
    await app.etl();
    const make = async (link: unknown, site = "shop") => {
      const answer = await browse(`/stats/api/v1/sites/${site}/share-links`, {
        method: "POST",
        headers: ADMIN,
        body: JSON.stringify(link),
      });
      const { url } = await answer.json();
      assertMatch(url, /^https:\/\/example\.com\/stats\/share\/[\w-]+$/, proxy);
      return new URL(url).pathname;
    };
    const open = await make({});
    const locked = await make({ password: "correct horse" });
    const framed = await make({ embedOrigins: ["https://www.example.com"] }, "seen");

    const opened = await browse(open);
    assertEquals([opened.status, opened.headers.get("location")], [303, "/stats/dashboard/shop"]);
    assertMatch(opened.headers.getSetCookie()[0]!, /^footfall_share_\d+=.*; Path=\/stats; /);
    const figures = await browse("/stats/dashboard/shop", { headers: { cookie: cookiesOf(opened) } });
    await figures.body?.cancel();
    assertEquals(figures.status, 200);

    const asks = await (await browse(locked)).text();
    assertEquals(addressesIn(asks).filter((address) => address.includes("share")), [locked]);
    const unlocked = await browse(locked, {
      method: "POST",
      headers: { ...FORM, ...OUR_PAGE },
      body: "password=correct+horse",
    });
    assertEquals([unlocked.status, unlocked.headers.get("location")], [303, "/stats/dashboard/shop"]);

    const frame = await browse(framed);
    const addresses = addressesIn(await frame.text());
    assertEquals(addresses.filter((address) => !/^\/stats\/(share|assets)\//.test(address)), []);
    assertEquals(addresses.some((address) => address.startsWith(`${framed}?`)), true);

    const document = await (await browse("/stats/api/openapi.json")).json();
    assertEquals(document.servers, [{ url: "/stats" }]);
    const empty = await browse("/stats/dashboard/shop", { headers: ADMIN });
    assertMatch(
      await empty.text(),
      /&lt;script defer src=&quot;https:\/\/example\.com\/stats\/tracking\.js&quot; data-site=&quot;shop&quot;/,
    );
    assertMatch(
      await (await browse("/stats/")).text(),
      /src=&#34;https:\/\/example\.com\/stats\/tracking\.js&#34;/,
    );
  });
});

Deno.test("under a path events come in by /collect and by the pixel, and HEAD stores none", async () => {
  await behindProxies(async (browse, app) => {
    const sent = await browse("/stats/collect", { method: "POST", body: JSON.stringify(pageview()) });
    const pixel = await browse("/stats/collect?eventType=pageview&siteId=example-com&path=/pixel");
    const head = await browse("/stats/collect?eventType=pageview&siteId=example-com&path=/head", {
      method: "HEAD",
    });
    for (const { body } of [sent, pixel, head]) await body?.cancel();
    assertEquals([sent.status, pixel.status, head.status], [202, 200, 200]);
    assertEquals(await app.rows("select path from events_log order by path"), [
      { path: "/pixel" },
      { path: "/products" },
    ]);
  });
});
