import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { cookiesOf, OUR_PAGE } from "./access_roles.ts";
import { ADMIN_TOKEN, type TestApp, testApp } from "./fixtures.ts";
import { until } from "./until.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };

function signIn(
  app: TestApp,
  fields: Record<string, string>,
  headers: Record<string, string> = OUR_PAGE,
): Promise<Response> {
  return app.request("/dashboard/sign-in", {
    method: "POST",
    headers: { ...FORM, ...headers },
    body: new URLSearchParams(fields).toString(),
  });
}

async function bodyOf(response: Response | Promise<Response>): Promise<string> {
  return await (await response).text();
}

Deno.test("signing in with the admin token leads to the dashboard, signing out ends that", async () => {
  await using app = await testApp();
  await app.db.query("insert into sites (site_id) values ('shop'), ('a<b')");

  const asked = await app.request("/dashboard?from=mail");
  assertEquals([asked.status, asked.headers.get("location")], [
    302,
    "/dashboard/sign-in?next=%2Fdashboard%3Ffrom%3Dmail",
  ]);
  const form = await bodyOf(app.request(asked.headers.get("location")!));
  assertMatch(form, /<input type="hidden" name="next" value="\/dashboard\?from=mail"/);
  assertMatch(
    form,
    /<input type="text" name="username" autocomplete="username" value="admin" hidden[^>]*><label for="token">Admin token<\/label><input id="token" name="token" type="password"/,
  );

  const answer = await signIn(app, { token: ADMIN_TOKEN, next: "/dashboard?from=mail" });
  assertEquals([answer.status, answer.headers.get("location")], [303, "/dashboard?from=mail"]);
  const cookie = cookiesOf(answer);
  const page = await app.request("/dashboard", { headers: { cookie } });
  assertEquals(page.status, 200);
  const sites = [...(await page.text()).matchAll(/<a href="([^"]*)">([^<]*)<\/a>/g)].map(([, ...link]) =>
    link
  );
  assertEquals(sites, [["/dashboard/a%3Cb", "a&lt;b"], ["/dashboard/shop", "shop"]]);

  const out = await app.request("/dashboard/sign-out", { method: "POST", headers: { cookie, ...OUR_PAGE } });
  assertEquals([out.status, out.headers.get("location"), out.headers.getSetCookie()], [
    303,
    "/dashboard/sign-in",
    ["footfall_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"],
  ]);
});

Deno.test("the session's cookie is HttpOnly, Lax, signed, for 30 days, and Secure where the browser speaks TLS", async () => {
  const attributes = async (options: { trustProxy: number }, headers: Record<string, string>) => {
    await using app = await testApp(options);
    const answer = await signIn(app, { token: ADMIN_TOKEN }, { ...OUR_PAGE, ...headers });
    const [cookie] = answer.headers.getSetCookie();
    const [value, ...rest] = cookie!.split("; ");
    assertMatch(value!, /^footfall_session=admin\.\d{10}\.[\w%]+$/);
    return rest.sort().join("; ");
  };
  const plain = "HttpOnly; Max-Age=2592000; Path=/; SameSite=Lax";
  assertEquals(await attributes({ trustProxy: 0 }, {}), plain);
  assertEquals(await attributes({ trustProxy: 0 }, { "x-forwarded-proto": "https" }), plain);
  assertEquals(await attributes({ trustProxy: 1 }, { "x-forwarded-proto": "https" }), `${plain}; Secure`);
  assertEquals(await attributes({ trustProxy: 1 }, { "x-forwarded-proto": "https, http" }), plain);
});

Deno.test("another admin token signs everybody out", async () => {
  await using app = await testApp();
  const cookie = cookiesOf(await signIn(app, { token: ADMIN_TOKEN }));
  await using changed = await testApp({ adminToken: "another-admin-token" });
  const status = async (on: TestApp) => {
    const response = await on.request("/dashboard", { headers: { cookie } });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals([await status(app), await status(changed)], [200, 302]);
});

Deno.test("a wrong token is refused, and answered the same however near it is", async () => {
  await using app = await testApp();
  const answers = await Promise.all(
    ["", "x", ADMIN_TOKEN.slice(0, -1), `${ADMIN_TOKEN}x`, ADMIN_TOKEN.toUpperCase()].map(async (token) => {
      const response = await signIn(app, { token });
      return [response.status, response.headers.getSetCookie().length, await response.text()];
    }),
  );
  assertEquals(new Set(answers.map(String)).size, 1);
  assertEquals(answers[0]!.slice(0, 2), [403, 0]);
  assertMatch(String(answers[0]![2]), /role="alert">This is not the admin token\.</);
});

Deno.test("after signing in nobody is sent to another host", async () => {
  await using app = await testApp();
  const cases: [string, string][] = [
    ["/dashboard/shop?period=7d#pages", "/dashboard/shop?period=7d#pages"],
    ["/a b", "/a%20b"],
    ["", "/dashboard"],
    ["dashboard", "/dashboard"],
    ["https://evil.example/", "/dashboard"],
    ["//evil.example", "/dashboard"],
    ["///evil.example", "/dashboard"],
    ["/\\evil.example", "/dashboard"],
    ["\\\\evil.example", "/dashboard"],
    ["/\t/evil.example", "/dashboard"],
    ["/\n/evil.example", "/dashboard"],
    ["/.//evil.example", "/dashboard"],
    ["/dashboard/..//evil.example", "/dashboard"],
    ["/%2e//evil.example", "/dashboard"],
    ["/x\r\nset-cookie: a=b", "/xset-cookie:%20a=b"],
    ["javascript:alert(1)", "/dashboard"],
    [" /dashboard/shop", "/dashboard"],
  ];
  for (const [next, location] of cases) {
    const answer = await signIn(app, { token: ADMIN_TOKEN, next });
    assertEquals([next, answer.headers.get("location")], [next, location]);
    const cookie = cookiesOf(answer);
    const again = await app.request(`/dashboard/sign-in?next=${encodeURIComponent(next)}`, {
      headers: { cookie },
    });
    assertEquals([next, again.headers.get("location")], [next, location]);
    assertEquals(again.status, 302);
  }
});

Deno.test("what a cookie would let through has to come from a page of this host", async () => {
  await using app = await testApp({ trustProxy: 1 });
  const cookie = cookiesOf(await signIn(app, { token: ADMIN_TOKEN }));
  const from: [Record<string, string>, boolean][] = [
    [{ "sec-fetch-site": "same-origin" }, true],
    [{ "sec-fetch-site": "same-origin", origin: "null" }, true],
    [{ origin: "http://localhost" }, true],
    [
      { origin: "https://stats.example", "x-forwarded-proto": "https", "x-forwarded-host": "stats.example" },
      true,
    ],
    [{ referer: "http://localhost/dashboard/sign-in" }, true],
    [
      { origin: "http://stats.example:8080", "x-forwarded-host": "stats.example:8080" },
      true,
    ],
    [{ origin: "http://stats.example", "x-forwarded-host": "stats.example:8080" }, false],
    [{ referer: "http://localhost.evil.example/" }, false],
    [{ referer: "http://localhost:8080/" }, false],
    [{ referer: "no address" }, false],
    [{ origin: "null", referer: "http://localhost/" }, false],
    [{ "sec-fetch-site": "cross-site", referer: "http://localhost/" }, false],
    [{}, false],
    [{ "sec-fetch-site": "cross-site" }, false],
    [{ "sec-fetch-site": "same-site" }, false],
    [{ "sec-fetch-site": "none" }, false],
    [{ "sec-fetch-site": "cross-site", origin: "http://localhost" }, false],
    [{ origin: "https://localhost" }, false],
    [{ origin: "http://localhost:8080" }, false],
    [{ origin: "http://localhost.evil.example" }, false],
    [{ origin: "null" }, false],
    [{ origin: "" }, false],
  ];
  const requests: [string, string, string | undefined, string | undefined][] = [
    ["POST", "/api/v1/keys", "application/json", "{}"],
    // What a form can send without being asked.
    ["POST", "/api/v1/keys", "text/plain", "{}"],
    ["DELETE", "/api/v1/keys/1", undefined, undefined],
    ["POST", "/api/v1/sites/shop/share-links", "application/json", "{}"],
    ["POST", "/dashboard/sign-out", undefined, undefined],
    ["POST", "/dashboard/sign-in", FORM["content-type"], `token=${ADMIN_TOKEN}`],
    ["POST", "/share/0123456789012345678901", FORM["content-type"], "password=x"],
  ];
  for (const [headers, passes] of from) {
    for (const [method, path, type, body] of requests) {
      const response = await app.request(path, {
        method,
        headers: {
          cookie,
          accept: "application/json",
          ...headers,
          ...(type ? { "content-type": type } : {}),
        },
        body,
      });
      const { detail } = response.status === 403
        ? await response.json()
        : { detail: await bodyOf(response) && "" };
      const refused = String(detail).startsWith("This has to come from a page of this host");
      assertEquals([headers, method, path, refused], [headers, method, path, !passes]);
    }
  }
});

Deno.test("a token in a header needs no page: programs have no Origin", async () => {
  await using app = await testApp();
  const response = await app.request("/api/v1/keys", {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "sec-fetch-site": "cross-site" },
    body: "{}",
  });
  await response.body?.cancel();
  assertEquals(response.status, 201);
});

Deno.test("wrong tokens make an address wait, by form and header alike, also for the right one", async () => {
  await using app = await testApp({ trustProxy: 1 });
  const from = (address: string) => ({ ...OUR_PAGE, "x-forwarded-for": address });
  const byForm = (token: string, address: string) => signIn(app, { token }, from(address));
  const byHeader = (token: string, address: string) =>
    app.request("/etl/status", { headers: { ...from(address), authorization: `Bearer ${token}` } });
  const status = async (response: Promise<Response>) => {
    const { status, body } = await response;
    await body?.cancel();
    return status;
  };

  // Who is right takes nothing.
  for (let i = 0; i < 20; i++) assertEquals(await status(byHeader(ADMIN_TOKEN, "198.51.100.1")), 200);
  assertEquals(await status(byForm("wrong", "198.51.100.1")), 403);
  assertEquals(await status(byHeader("wrong", "198.51.100.1")), 401);
  await until("the right token has to wait, too", async () => {
    // A free place comes up every six seconds, and goes to one of these.
    await until("a wrong one has to wait", async () => await status(byForm("wrong", "198.51.100.1")) === 429);
    const answer = await byForm(ADMIN_TOKEN, "198.51.100.1");
    const text = await answer.text();
    const waits = Number(answer.headers.get("retry-after"));
    return answer.status === 429 && answer.headers.getSetCookie().length === 0 && waits > 0 && waits <= 6 &&
      text.includes(`role="alert">Too many wrong attempts: try again in ${waits} s.<`) &&
      await status(byHeader(ADMIN_TOKEN, "198.51.100.1")) === 429;
  });
  assertEquals(await status(byHeader(ADMIN_TOKEN, "198.51.100.2")), 200);
  assertEquals(await status(byForm(ADMIN_TOKEN, "198.51.100.2")), 303);
});

Deno.test("many addresses together cannot try tokens on without end, and do not keep programs out", async () => {
  await using app = await testApp({ trustProxy: 1 });
  const signInFrom = async (address: string, token: string) => {
    const { status, body } = await signIn(app, { token }, { ...OUR_PAGE, "x-forwarded-for": address });
    await body?.cancel();
    return status;
  };
  // One alone does not keep the others out.
  for (let i = 0; i < 200; i++) await signInFrom("203.0.113.8", "wrong");
  assertEquals(await signInFrom("203.0.113.9", ADMIN_TOKEN), 303);
  let asked = 0;
  await until("an address that was never wrong has to wait", async () => {
    const address = `198.51.${asked >> 8}.${asked++ & 255}`;
    return await signInFrom(address, "wrong") === 429;
  });
  assertEquals(asked > 80, true);
  const { status, body } = await app.request("/etl/status", {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "x-forwarded-for": "203.0.113.9" },
  });
  await body?.cancel();
  assertEquals(status, 200);
});

Deno.test("pages load nothing from elsewhere, run no script in them, are not framed, kept or indexed", async () => {
  await using app = await testApp();
  const { headers, body } = await app.request("/dashboard/sign-in");
  await body?.cancel();
  const named = [
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "x-robots-tag",
    "cache-control",
  ];
  assertEquals(named.map((name) => headers.get(name)), [
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "nosniff",
    "same-origin",
    "noindex",
    "private, no-store",
  ]);
});

Deno.test("an admin token of any characters that the settings allow opens", async () => {
  const adminToken = 's3cret!{"}~:;,';
  await using app = await testApp({ adminToken });
  const response = await app.request("/etl/status", { headers: { authorization: `bearer ${adminToken}` } });
  await response.body?.cancel();
  assertEquals(response.status, 200);
  assertEquals((await signIn(app, { token: adminToken })).status, 303);
  assertNotEquals((await signIn(app, { token: ADMIN_TOKEN })).status, 303);
});
