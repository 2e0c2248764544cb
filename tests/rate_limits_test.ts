import { assertEquals, assertThrows } from "@std/assert";
import { RateLimits, TooFast } from "../routes/rate_limits.ts";
import { batch, pageview, testApp } from "./fixtures.ts";

Deno.test("an address may send what its bucket holds, then is told when to come again", () => {
  const limits = new RateLimits({ perAddress: 10, perSite: 0 });
  limits.takeFromAddress("203.0.113.77", 990);
  limits.takeFromAddress("203.0.113.77", 10);
  const error = assertThrows(() => limits.takeFromAddress("203.0.113.77", 50), TooFast);
  assertEquals([error.by, error.retryAfterSeconds], ["address", 5]);
  limits.takeFromAddress("203.0.113.78", 1000);
});

Deno.test("more events than a bucket holds pass while it is full", () => {
  const limits = new RateLimits({ perAddress: 10, perSite: 0 });
  limits.takeFromAddress("203.0.113.77", 5000);
  assertThrows(() => limits.takeFromAddress("203.0.113.77", 1), TooFast);
});

Deno.test("the addresses of one IPv6 network share a bucket", () => {
  const limits = new RateLimits({ perAddress: 1, perSite: 0 });
  limits.takeFromAddress("2001:4860:4860:1::1", 1000);
  assertThrows(() => limits.takeFromAddress("2001:4860:4860:1:ffff::2", 1), TooFast);
  limits.takeFromAddress("2001:4860:4860:2::1", 1000);
});

Deno.test("an address that is not public is not limited", () => {
  const limits = new RateLimits({ perAddress: 1, perSite: 0 });
  const isLimited = (address: string | undefined) => {
    try {
      for (let round = 0; round < 3; round++) limits.takeFromAddress(address, 1000);
      return false;
    } catch {
      return true;
    }
  };
  const addresses = [
    "127.0.0.1",
    "::1",
    "10.1.2.3",
    "192.168.0.9",
    "100.64.0.1",
    "fd00::1",
    undefined,
    "203.0.113.1",
    "2001:db8::1",
  ];
  assertEquals(addresses.filter(isLimited), ["203.0.113.1", "2001:db8::1"]);
});

Deno.test("POST /collect answers 429 beyond the limits of address and site, and stores nothing of it", async () => {
  await using app = await testApp({ trustProxy: 1, rateLimits: { perAddress: 50, perSite: 70 } });
  const clicks = batch(Array.from({ length: 900 }, () => ({ eventType: "click", eventData: {} })));
  const send = async (body: unknown, address: string) => {
    const response = await app.collect(body, { "x-forwarded-for": address });
    const answer = await response.json();
    return [response.status, response.headers.get("retry-after"), answer.detail ?? answer.accepted];
  };
  assertEquals(await send(clicks, "198.51.100.1"), [202, null, 1]);
  assertEquals(await send(clicks, "198.51.100.1"), [
    429,
    "16",
    "The address sends more than 50 events a second: send these again later",
  ]);
  assertEquals(await send(clicks, "198.51.100.2"), [
    429,
    "12",
    "The site sends more than 70 events a second: send these again later",
  ]);
  assertEquals(await send(pageview({ siteId: "other" }), "198.51.100.3"), [202, null, 1]);
  assertEquals(await app.rows("select site_id from events_log order by id"), [
    { site_id: "example-com" },
    { site_id: "other" },
  ]);
});
