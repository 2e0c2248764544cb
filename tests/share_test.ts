import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { cookiesOf, OUR_PAGE } from "./access_roles.ts";
import { ADMIN_TOKEN, type TestApp, testApp } from "./fixtures.ts";
import { until } from "./until.ts";

const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };
const LINKS = "/api/v1/sites/shop/share-links";

interface Link {
  id: number;
  url: string;
}

async function create(app: TestApp, fields: object): Promise<{ link: Link; path: string }> {
  const response = await app.request(LINKS, { method: "POST", headers: ADMIN, body: JSON.stringify(fields) });
  assertEquals(response.status, 201);
  const link = await response.json();
  return { link, path: new URL(link.url).pathname };
}

function give(
  app: TestApp,
  path: string,
  password: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return app.request(path, {
    method: "POST",
    headers: { ...OUR_PAGE, ...headers },
    body: new URLSearchParams({ password }),
  });
}

async function statusOf(response: Promise<Response> | Response): Promise<number> {
  const { status, body } = await response;
  await body?.cancel();
  return status;
}

Deno.test("a link opens the dashboard of its site, until it is revoked", async () => {
  await using app = await testApp();
  const { link, path } = await create(app, { name: "For Ada" });
  assertMatch(link.url, /^http:\/\/localhost\/share\/[\w-]{22}$/);

  const opened = await app.request(path);
  assertEquals(
    [
      opened.status,
      opened.headers.get("location"),
      opened.headers.get("x-robots-tag"),
      opened.headers.get("referrer-policy"),
    ],
    [303, "/dashboard/shop", "noindex", "same-origin"],
  );
  const [cookie] = opened.headers.getSetCookie();
  assertMatch(
    cookie!,
    /^footfall_share_\d+=\d+\.\d{10}\.[\w%]+; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/,
  );
  const look = (site: string) =>
    statusOf(app.request(`/dashboard/${site}`, { headers: { cookie: cookiesOf(opened) } }));
  assertEquals([await look("shop"), await look("blog")], [200, 302]);
  // It is for looking only.
  assertEquals(await statusOf(app.request(LINKS, { headers: { cookie: cookiesOf(opened) } })), 403);

  assertEquals(await statusOf(app.request(`${LINKS}/${link.id}`, { method: "DELETE", headers: ADMIN })), 204);
  assertEquals([await look("shop"), await statusOf(app.request(path))], [302, 404]);
  assertEquals(await statusOf(app.request(`${LINKS}/${link.id}`, { method: "DELETE", headers: ADMIN })), 404);
});

Deno.test("a link with a password asks for it, and remembers that it was given", async () => {
  await using app = await testApp();
  const { path } = await create(app, { password: "Grüße an Ada" });
  const asked = await app.request(path);
  assertEquals([asked.status, asked.headers.getSetCookie()], [200, []]);
  assertMatch(
    await asked.text(),
    /<form class="card" method="post" action="\/share\/[\w-]{22}"><h1>Shared dashboard<\/h1>/,
  );

  const wrong = await give(app, path, "Grüße an Eva");
  assertEquals([wrong.status, wrong.headers.getSetCookie()], [403, []]);
  assertMatch(await wrong.text(), /role="alert">This is not the password\.</);

  // The same characters, composed as another keyboard does.
  const right = await give(app, path, "Grüße an Ada".normalize("NFD"));
  assertEquals([right.status, right.headers.get("location")], [303, "/dashboard/shop"]);
  const cookie = cookiesOf(right);
  assertEquals(await statusOf(app.request("/dashboard/shop", { headers: { cookie } })), 200);
  assertEquals(await statusOf(app.request(path, { headers: { cookie } })), 302);

  const [row] = await app.rows("select password_hash from share_links");
  assertMatch(String(row!["password_hash"]), /^scrypt\$16384\$8\$5\$[\w-]{22}=*\$[\w-]{43}=*$/);
});

Deno.test("wrong passwords make an address wait, also for the right one", async () => {
  await using app = await testApp({ trustProxy: 1 });
  const { path } = await create(app, { password: "correct horse" });
  const from = (address: string) => ({ "x-forwarded-for": address });
  const wrong = (i: number) => statusOf(give(app, path, `wrong ${i}`, from("198.51.100.1")));
  // All at once, or a slow machine would be admitted as slowly as it answers.
  const statuses = new Set(await Promise.all(Array.from({ length: 15 }, (_, i) => wrong(i))));
  assertEquals([...statuses].sort(), [403, 429]);
  await until("the right password has to wait", async () => {
    // A free place comes up every ten seconds, and goes to the first.
    await Promise.all([wrong(0), wrong(1)]);
    const answer = await give(app, path, "correct horse", from("198.51.100.1"));
    const text = await answer.text();
    const waits = Number(answer.headers.get("retry-after"));
    return answer.status === 429 && waits > 0 && text.includes(`try again in ${waits} s.`);
  });
  assertEquals(await statusOf(give(app, path, "correct horse", from("198.51.100.2"))), 303);
});

Deno.test("a link that others embed is shown where it is, to frames of these origins, without a cookie", async () => {
  await using app = await testApp();
  const embedOrigins = ["https://www.example.com", "http://localhost:8080"];
  const { path } = await create(app, { embedOrigins });
  const framed = await app.request(`${path}?period=7d`, { headers: { "sec-fetch-site": "cross-site" } });
  assertEquals([framed.status, framed.headers.getSetCookie()], [200, []]);
  assertMatch(
    framed.headers.get("content-security-policy")!,
    /frame-ancestors https:\/\/www\.example\.com http:\/\/localhost:8080$/,
  );
  const html = await framed.text();
  assertMatch(html, /<h1[^>]*>shop<\/h1>/);
  // Without events it waits for none: a frame could not ask again.
  assertMatch(html, /No events yet/);
  assertNotMatch(html, /\/arrival/);
});

Deno.test("an unknown link is answered as a revoked one, whatever it looks like", async () => {
  await using app = await testApp();
  const { link, path } = await create(app, {});
  await statusOf(app.request(`${LINKS}/${link.id}`, { method: "DELETE", headers: ADMIN }));
  const pages = await Promise.all(
    [path, "/share/x", "/share/%00", "/share/a'b", `${path}x`].map(async (path) => {
      const response = await app.request(path);
      return [response.status, response.headers.get("x-robots-tag"), await response.text()].join("\n");
    }),
  );
  assertEquals(new Set(pages).size, 1);
  assertMatch(pages[0]!, /^404\nnoindex\n<!DOCTYPE html>/);
});

Deno.test("the cookie of one link does not pass for another's, nor for the admin's", async () => {
  await using app = await testApp();
  const one = await create(app, {});
  const other = await create(app, { password: "correct horse" });
  const cookie = cookiesOf(await app.request(one.path));
  const value = cookie.slice(cookie.indexOf("="));
  const asks = (cookie: string) => statusOf(app.request("/dashboard/shop", { headers: { cookie } }));
  assertEquals(await asks(cookie), 200);
  assertEquals(await asks(`footfall_share_${other.link.id}${value}`), 302);
  assertEquals(
    await asks(`footfall_share_${other.link.id}${value.replace(/=\d+/, `=${other.link.id}`)}`),
    302,
  );
  assertEquals(await asks(`footfall_session${value}`), 302);
  assertEquals(await asks(`footfall_share_${one.link.id}${value.replace(/\.\d/, ".9")}`), 302);
});

Deno.test("share links are listed without what is secret about them", async () => {
  await using app = await testApp();
  await create(app, { name: "For Ada", password: "correct horse" });
  await create(app, { name: "Wiki", embedOrigins: ["https://wiki.example"] });
  const response = await app.request(LINKS, { headers: ADMIN });
  const text = await response.text();
  assertNotMatch(text, /scrypt|cookie/i);
  const { shareLinks } = JSON.parse(text);
  const links = shareLinks.map((link: Record<string, unknown>) => ({
    ...link,
    id: 0,
    url: "",
    createdAt: "",
  }));
  const common = { id: 0, url: "", siteId: "shop", createdAt: "", revokedAt: null };
  assertEquals(links, [
    { ...common, name: "For Ada", embedOrigins: [], hasPassword: true },
    { ...common, name: "Wiki", embedOrigins: ["https://wiki.example"], hasPassword: false },
  ]);
});

Deno.test("a link that would not work, or would write headers, is refused with the reason", async () => {
  await using app = await testApp();
  const cases: [unknown, string][] = [
    [{ password: "short" }, "password"],
    [{ password: "long enough", embedOrigins: ["https://a.example"] }, "password"],
    [{ embedOrigins: ["https://a.example/path"] }, "embedOrigins.0"],
    [{ embedOrigins: ["https://a.example", "*"] }, "embedOrigins.1"],
    [{ embedOrigins: ["https://a.example; script-src *"] }, "embedOrigins.0"],
    [{ embedOrigins: ["javascript:alert(1)"] }, "embedOrigins.0"],
    [{ name: "a\u0000b" }, "name"],
    [{ nmae: "x" }, ""],
  ];
  for (const [body, path] of cases) {
    const response = await app.request(LINKS, { method: "POST", headers: ADMIN, body: JSON.stringify(body) });
    const { errors } = await response.json();
    assertEquals([body, response.status, errors[0].path], [body, 400, path]);
  }
  assertEquals(await app.rows("select count(*) from share_links"), [{ count: 0 }]);
});
