import { assertEquals } from "@std/assert";
import { createShareLink } from "../db/share_links.ts";
import { bigFigures, panelRows } from "./dashboard_page.ts";
import { DAY, withVisits } from "./dashboard_visits.ts";
import { pageview } from "./fixtures.ts";

Deno.test("a shared link shows its site to look at, with nothing to change and no other site", async () => {
  await using app = await withVisits();
  await app.rows(
    "insert into goals (site_id, name, page) values ('shop', 'Priced', '/pricing'), ('other', 'Other', '/')",
  );
  await app.collect(pageview({ siteId: "other" }));
  await app.etl();
  const link = await createShareLink(app.db, {
    siteId: "shop",
    name: "",
    passwordHash: null,
    embedOrigins: [],
  });
  const opened = await app.request(`/share/${link.slug}`);
  const cookie = opened.headers.getSetCookie()[0]!.split(";")[0]!;
  const look = async (view: string) => {
    const response = await app.request(`/dashboard/shop${view}?${DAY}`, { headers: { cookie } });
    return [response.status, await response.text()] as const;
  };
  for (const view of ["", "/realtime", "/goals", "/page"]) {
    const [status, html] = await look(view);
    assertEquals([view, status], [view, 200]);
    assertEquals(
      [...html.matchAll(/method="post"|\/dashboard\/sites|href="\/dashboard"|\bother\b/g)].map(String),
      [],
      view,
    );
  }
  const removed = await app.request("/dashboard/shop/goals", {
    method: "POST",
    headers: { cookie, "sec-fetch-site": "same-origin" },
    body: "name=Mine&target=/",
  });
  assertEquals(removed.status, 403);
});

Deno.test("an embedded link leads nowhere but to where it is shown", async () => {
  await using app = await withVisits();
  const link = await createShareLink(app.db, {
    siteId: "shop",
    name: "",
    passwordHash: null,
    embedOrigins: ["https://www.example.com"],
  });
  const response = await app.request(`/share/${link.slug}?${DAY}`);
  const html = await response.text();
  assertEquals(bigFigures(html)["Visitors"], "3");
  const paths = [...html.matchAll(/(?:<a\b[^>]*? href|action)="([^"]*)"/g)].map(([, href]) =>
    href!.split("?")[0]
  );
  assertEquals([...new Set(paths)].sort(), ["#main", `/share/${link.slug}`]);
  const part = await app.request(`/share/${link.slug}?${DAY}&pages=entry&part=pages`);
  assertEquals(panelRows(await part.text(), "pages"), [["/", "2", "67%"], ["/pricing", "1", "33%"]]);
});

Deno.test("who is not signed in is asked to, wherever they come", async () => {
  await using app = await withVisits();
  const paths = ["", "/sites", "/shop", "/shop/page", "/shop/realtime?part=live", "/shop/arrival"];
  const statuses = await Promise.all(paths.map(async (path) => {
    const response = await app.request(`/dashboard${path}`);
    await response.body?.cancel();
    return [response.status, response.headers.get("location")?.split("?")[0]];
  }));
  assertEquals(statuses, paths.map(() => [302, "/dashboard/sign-in"]));
});
