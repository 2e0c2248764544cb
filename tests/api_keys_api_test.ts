import { assertEquals, assertMatch } from "@std/assert";
import { ADMIN_TOKEN, testApp } from "./fixtures.ts";

Deno.test("a key is answered when it is made, and by no other request", async () => {
  await using app = await testApp();
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const made = await app.request("/api/v1/keys", {
    method: "POST",
    headers,
    body: JSON.stringify({ siteId: "shop", name: "report" }),
  });
  const { key, ...described } = await made.json();
  assertEquals([made.status, made.headers.get("cache-control")], [201, "no-store"]);
  assertMatch(key, /^ff_[\w-]{43}$/);
  const list = await app.request("/api/v1/keys", { headers });
  assertEquals(await list.json(), { keys: [described] });
});

Deno.test("a key that is not well described is refused with the reason", async () => {
  await using app = await testApp();
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const answer = async (body: string) => {
    const response = await app.request("/api/v1/keys", { method: "POST", headers, body });
    const { detail, errors } = await response.json();
    return [response.status, errors?.[0].path, /^[^:]*/.exec(detail)![0]];
  };
  assertEquals(await answer("{"), [400, undefined, "The body is no JSON"]);
  assertEquals(await answer("[]"), [400, "", "Invalid input"]);
  assertEquals(await answer('{"siteId":"a b"}'), [400, "siteId", "siteId"]);
  assertEquals(await answer('{"scope":"admin"}'), [400, "scope", "scope"]);
  assertEquals(await answer('{"site":"shop"}'), [400, "", "Unrecognized key"]);
  assertEquals(await answer(`{"name":"${"x".repeat(20_000)}"}`), [
    413,
    undefined,
    "The body is larger than 16 KiB",
  ]);
});
