import { assertEquals } from "@std/assert";
import { ADMIN_TOKEN, testApp } from "./fixtures.ts";

Deno.test("what is no base path is no prefix: nobody is led elsewhere by a header", async () => {
  const cases: [string, number, string][] = [
    ["/stats", 0, ""],
    ["/stats", 1, "/stats"],
    ["/stats/", 1, "/stats"],
    ["/a/b", 1, "/a/b"],
    ["/evil, /stats", 1, "/stats"],
    ["/team, /stats", 2, "/team/stats"],
    ["/", 1, ""],
    ["/, /stats", 2, "/stats"],
    ["//evil.example", 1, ""],
    ["///evil.example", 1, ""],
    ["/%2f%2fevil.example", 1, ""],
    ["/, //evil.example", 2, ""],
    ["/a, //evil.example", 2, ""],
    ["\\\\evil.example", 1, ""],
    ["/\\evil.example", 1, ""],
    ["/stats//evil", 1, ""],
    ["/..", 1, ""],
    ["/stats/../x", 1, ""],
    ["/./x", 1, ""],
    ["/%2e%2e/x", 1, ""],
    ["/a%0d%0aset-cookie:x", 1, ""],
    ["/a b", 1, ""],
    ["/a\tb", 1, ""],
    ['/"><script>', 1, ""],
    ["/a?b", 1, ""],
    ["/a#b", 1, ""],
    ["https://evil.example", 1, ""],
    ["stats", 1, ""],
    ["/dashboard", 1, ""],
    ["/api/stats", 1, ""],
    [`/${"a".repeat(300)}`, 1, ""],
    ["/a".repeat(30_000), 1, ""],
  ];
  for (const trustProxy of [0, 1, 2]) {
    await using app = await testApp({ trustProxy });
    for (const [prefix, trusted, basePath] of cases.filter(([, trusted]) => trusted === trustProxy)) {
      const { headers } = await app.request("/dashboard", { headers: { "x-forwarded-prefix": prefix } });
      assertEquals([prefix, trusted, headers.get("location")], [
        prefix,
        trusted,
        `${basePath}/dashboard/sign-in?next=%2Fdashboard`,
      ]);
    }
  }
});

Deno.test("the path that is set counts before the header, and only as a whole part of an address", async () => {
  await using app = await testApp({ basePath: "/stats", trustProxy: 1 });
  const leads = async (path: string) => {
    const { status, headers, body } = await app.request(path, { headers: { "x-forwarded-prefix": "/evil" } });
    await body?.cancel();
    return [status, headers.get("location")];
  };
  assertEquals(await leads("/stats/dashboard"), [302, "/stats/dashboard/sign-in?next=%2Fdashboard"]);
  assertEquals(await leads("/dashboard"), [302, "/stats/dashboard/sign-in?next=%2Fdashboard"]);
  assertEquals(await leads("/stats-and-more/dashboard"), [404, null]);
  assertEquals(await leads("/stats/stats/dashboard"), [404, null]);
  assertEquals(await leads("/stats//evil.example/dashboard"), [404, null]);
});

Deno.test("share links name the host and port that the browser sees, not those that the proxy asks", async () => {
  const host = (name: string) => ({ "x-forwarded-host": name });
  const https = { "x-forwarded-proto": "https" };
  // As asked: http://inside:8000.
  const cases: [number, Record<string, string>, string][] = [
    [0, { ...https, ...host("stats.example.com") }, "http://inside:8000"],
    [1, {}, "http://inside:8000"],
    [1, host("stats.example.com"), "http://stats.example.com"],
    [1, { ...https, ...host("stats.example.com") }, "https://stats.example.com"],
    [1, { ...https, ...host("stats.example.com:443") }, "https://stats.example.com"],
    [1, { ...https, ...host("stats.example.com:8443") }, "https://stats.example.com:8443"],
    [1, { ...https, ...host("[2001:db8::1]") }, "https://[2001:db8::1]"],
    [1, { ...https, ...host("Stats.Example.COM") }, "https://stats.example.com"],
    [1, { ...https, ...host("evil.example, stats.example.com") }, "https://stats.example.com"],
    [2, { ...https, ...host("stats.example.com, inside:8000") }, "https://stats.example.com"],
    [1, { "x-forwarded-proto": "HTTPS" }, "https://inside:8000"],
    [1, { "x-forwarded-proto": "javascript", ...host("stats.example.com") }, "http://stats.example.com"],
    [1, { ...https, ...host("stats.example.com, stats.example.com") }, "https://stats.example.com"],
    [1, host("user@evil.example"), "http://inside:8000"],
    [1, host("evil.example/path"), "http://inside:8000"],
    [1, host("evil.example\\path"), "http://inside:8000"],
    [1, host("stats.example.com:port"), "http://inside:8000"],
    [1, host("stats.example.com:99999"), "http://inside:8000"],
    [1, host("a b"), "http://inside:8000"],
    [1, host("<script>"), "http://inside:8000"],
  ];
  for (const trustProxy of [0, 1, 2]) {
    await using app = await testApp({ trustProxy });
    await app.db.query("insert into sites (site_id) values ('shop')");
    for (const [, headers, origin] of cases.filter(([trusted]) => trusted === trustProxy)) {
      const answer = await app.request("http://inside:8000/api/v1/sites/shop/share-links", {
        method: "POST",
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...headers },
        body: "{}",
      });
      const { url } = await answer.json();
      assertEquals([headers, new URL(url).origin], [headers, origin]);
    }
  }
});
