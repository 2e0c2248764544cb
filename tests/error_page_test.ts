import { assertEquals } from "@std/assert";
import { createShareLink } from "../db/share_links.ts";
import { type DashboardPage, getPage, texts } from "./dashboard_page.ts";
import { ADMIN_TOKEN, testApp } from "./fixtures.ts";
import { serverTest } from "./test_database.ts";

/** What somebody sees of a page that says what went wrong: its heading, its sentences, where its links lead. */
function told({ status, html, links, headers }: DashboardPage) {
  return {
    status,
    type: headers.get("content-type"),
    title: texts(html, /<h1>(.*?)<\/h1>/g),
    sentences: texts(html, /<p>(.*?)<\/p>/g),
    ways: links.filter((href) => href !== "#main"),
  };
}

const PAGE = { type: "text/html; charset=UTF-8" };

Deno.test("what cannot be shown of the dashboard is a page that says why, and leads on", async () => {
  await using app = await testApp({ openRegistration: false });
  await app.rows("insert into sites (site_id) values ('shop')");
  const ask = async (path: string, init: RequestInit = {}) => told(await getPage(app, path, init));
  assertEquals(await ask("/dashboard/shop?period=fortnight"), {
    ...PAGE,
    status: 400,
    title: ["This cannot be shown"],
    sentences: ["period must be one of today, yesterday, 7d, 30d, 90d, 12mo, month, year, all."],
    ways: ["/dashboard/shop"],
  });
  assertEquals(await ask("/dashboard/nowhere"), {
    ...PAGE,
    status: 404,
    title: ["There is nothing here"],
    sentences: ["There is no site nowhere: it was not added, and no event of it came."],
    ways: ["/dashboard"],
  });
  assertEquals(await ask("/dashboard/shop/nothing"), {
    ...PAGE,
    status: 404,
    title: ["There is nothing here"],
    sentences: ["There is no view nothing of a site."],
    ways: ["/dashboard/shop", "/dashboard"],
  });
  assertEquals(await ask("/dashboard/shop/a/b/c"), {
    ...PAGE,
    status: 404,
    title: ["There is nothing here"],
    sentences: ["There is nothing at GET /dashboard/shop/a/b/c."],
    ways: ["/dashboard/shop", "/dashboard"],
  });
  const slashed = await app.request("/dashboard/shop//?period=7d");
  assertEquals([slashed.status, slashed.headers.get("location")], [302, "/dashboard/shop?period=7d"]);
  assertEquals(await ask("/dashboard/shop/goals", { method: "DELETE" }), {
    ...PAGE,
    status: 405,
    title: ["This cannot be done here"],
    sentences: ["/dashboard/shop/goals takes no DELETE; it takes GET, HEAD, POST, OPTIONS."],
    ways: ["/dashboard/shop", "/dashboard"],
  });
  assertEquals(
    await ask("/dashboard/shop/goals", {
      method: "POST",
      body: "name=A",
      headers: { authorization: "" },
    }),
    {
      ...PAGE,
      status: 401,
      title: ["You are not signed in"],
      sentences: ["Your session has ended, or you have not signed in yet."],
      ways: ["/dashboard/sign-in?next=%2Fdashboard%2Fshop%2Fgoals"],
    },
  );
});

Deno.test("whoever asks the dashboard for JSON gets a problem", async () => {
  await using app = await testApp({ openRegistration: false });
  const response = await app.request("/dashboard/nowhere", {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, accept: "application/json" },
  });
  assertEquals([response.status, response.headers.get("content-type"), await response.json()], [
    404,
    "application/problem+json",
    {
      type: "about:blank",
      title: "Not found",
      status: 404,
      detail: "There is no site nowhere: it was not added, and no event of it came",
    },
  ]);
});

serverTest("a page that takes too long, or has no database, says so and can be tried again", async () => {
  await using app = await testApp({ statsTimeout: 200, proxied: true });
  await app.rows("insert into sites (site_id) values ('shop')");
  const link = await createShareLink(app.db, {
    siteId: "shop",
    name: "",
    passwordHash: null,
    embedOrigins: [],
  });
  const path = "/dashboard/shop?period=7d";
  await app.db.transaction(async (tx) => {
    await tx.query("lock table sites in access exclusive mode");
    assertEquals(told(await getPage(app, path)), {
      ...PAGE,
      status: 504,
      title: ["This took too long"],
      sentences: ["The answer took too long. Fewer days or filters are answered sooner."],
      ways: [path, "/dashboard/shop"],
    });
  });
  await app.proxy!.cut();
  assertEquals(told(await getPage(app, `/share/${link.slug}`)), {
    ...PAGE,
    status: 503,
    title: ["This could not be read just now"],
    sentences: ["The database is not available; try again."],
    ways: [`/share/${link.slug}`],
  });
});
