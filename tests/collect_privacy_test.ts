import { assertEquals } from "@std/assert";
import { pageview, testApp } from "./fixtures.ts";

Deno.test("requests with DNT or GPC are dropped, saying so", async () => {
  await using app = await testApp();
  for (const [header, reason] of [["dnt", "dnt"], ["sec-gpc", "gpc"]] as const) {
    const response = await app.collect(pageview(), { [header]: "1" });
    assertEquals([response.status, response.headers.get("x-dropped"), await response.text()], [
      204,
      reason,
      "",
    ]);
  }
  assertEquals(await app.rows("select * from events_log"), []);
});

Deno.test("secrets are redacted before anything is stored", async () => {
  await using app = await testApp();
  await app.collect(pageview({
    url: "https://user:pw@example.com/reset?token=s3cret&page=2#access_token=abc",
    attribution: { referrer: "https://login.example.org/?session=xyz" },
  }));
  await app.collect({
    eventType: "form_submit",
    siteId: "example-com",
    eventData: {
      formId: "pay",
      formAction: "/pay?api_key=k",
      formData: {
        email: "a@b.test",
        Password: "p",
        card: "4111 1111 1111 1111",
        note: "my ssn is 078-05-1120.",
        cvc: 123,
      },
    },
  });
  const stored = JSON.stringify(await app.rows("select * from events_log"));
  for (
    const secret of [
      "s3cret",
      "access_token=abc",
      "user:pw",
      "session=xyz",
      "api_key=k",
      '"p"',
      "4111",
      "078-05",
      ":123",
    ]
  ) {
    assertEquals([secret, stored.includes(secret)], [secret, false]);
  }
});

for (
  const [mode, expected] of [["full", "203.0.113.77"], ["truncate", "203.0.113.0"], ["none", null]] as const
) {
  Deno.test(`IP_MODE ${mode} stores ${expected}; a site may have its own`, async () => {
    await using app = await testApp({ ipMode: mode });
    await app.rows("insert into sites (site_id, ip_mode) values ('own', 'none')");
    await app.collect([{ eventType: "x", siteId: "any" }, { eventType: "x", siteId: "own" }]);
    assertEquals(await app.rows("select site_id, ip_address from events_log order by site_id"), [
      { site_id: "any", ip_address: expected },
      { site_id: "own", ip_address: null },
    ]);
  });
}
