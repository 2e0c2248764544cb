import { assertEquals } from "@std/assert";
import { batch, pageview, type TestApp, testApp } from "./fixtures.ts";

const OWN_ADDRESS = "203.0.113.77"; // what testApp sends from
const answerOf = async (response: Response) => {
  const text = await response.text();
  return [response.status, response.headers.get("x-dropped"), text === "" ? null : JSON.parse(text)];
};
const excludedTotal = async (app: TestApp) => {
  const response = await app.request("/metrics", { headers: { authorization: "Bearer test-admin-token" } });
  return (await response.text()).split("\n").filter((line) =>
    /^footfall_(events_excluded|requests_dropped)_total\{/.test(line)
  );
};

Deno.test("what a site redacts is redacted before it is stored: fields, parameters, properties", async () => {
  await using app = await testApp();
  await app.rows(
    "insert into sites (site_id, redact_names) values ('example-com', array['Customer-No', 'diagnosis'])",
  );
  await app.collect([
    pageview({
      url: "https://example.com/a?customerNo=7&page=2#diagnosis=flu",
      page: { referrer: "https://example.org/?diagnosis=flu", queryParams: "?customer_no=7" },
    }),
    batch([
      {
        eventType: "form_submit",
        eventData: { formId: "f", formData: { billingCustomerNo2: "7", name: "Ada" } },
      },
      { eventType: "signup", eventData: { diagnosis: "flu", plan: "pro" }, url: "/b?DIAGNOSIS=flu" },
      { rejectable: true, eventData: { diagnosis: "flu" } },
    ]),
    pageview({ siteId: "other", url: "https://other.example/?customerNo=7&diagnosis=flu" }),
  ]);

  const [own, other, batched] = await app.rows(
    "select url, raw_event_data as raw from events_log order by event_type desc, site_id",
  );
  const { events } = batched!.raw as { events: { url?: string; eventData: Record<string, unknown> }[] };
  assertEquals(own!.url, "https://example.com/a?customerNo=redacted&page=2#diagnosis=redacted");
  const { page } = own!.raw as { page: Record<string, unknown> };
  assertEquals([page.referrer, page.queryParams], [
    "https://example.org/?diagnosis=redacted",
    "?customer_no=redacted",
  ]);
  assertEquals(events[0]!.eventData.formData, { billingCustomerNo2: "[redacted]", name: "Ada" });
  assertEquals([events[1]!.eventData, events[1]!.url], [
    { diagnosis: "[redacted]", plan: "pro" },
    "/b?DIAGNOSIS=redacted",
  ]);
  assertEquals(JSON.stringify(batched!.raw).includes("flu"), false);
  assertEquals(other!.url, "https://other.example/?customerNo=7&diagnosis=flu");
});

Deno.test("visits from an excluded network are dropped, and the answer says so", async () => {
  await using app = await testApp();
  await app.rows("insert into sites (site_id, exclude_networks) values ('example-com', array[$1::cidr])", [
    `${OWN_ADDRESS}/32`,
  ]);
  assertEquals(await answerOf(await app.collect(pageview())), [204, "excluded", null]);
  assertEquals(
    await answerOf(await app.collect([pageview(), batch([{ eventType: "click" }, { eventType: "" }])])),
    [
      204,
      "excluded",
      null,
    ],
  );
  const pixel = "/collect?eventType=pageview&siteId=example-com&url=https://example.com/a";
  assertEquals(await answerOf(await app.request(pixel)), [204, "excluded", null]);
  const mixed = await app.collect([pageview(), pageview({ siteId: "other", eventId: crypto.randomUUID() })]);
  assertEquals(await answerOf(mixed), [202, null, {
    status: "accepted",
    accepted: 1,
    excluded: [{ index: 0, message: "it was left out: the site excludes its network" }],
  }]);
  assertEquals(await app.rows("select site_id from events_log"), [{ site_id: "other" }]);
  assertEquals(await excludedTotal(app), [
    'footfall_requests_dropped_total{reason="excluded"} 3',
    'footfall_events_excluded_total{reason="network"} 6',
  ]);
});

Deno.test("events of excluded pages are dropped, those of batches, too, and the others stay", async () => {
  await using app = await testApp();
  await app.rows(
    "insert into sites (site_id, exclude_paths) values ('example-com', array['/admin*', '*/edit'])",
  );
  const click = (fields = {}) => ({ eventType: "click", eventData: {}, ...fields });

  assertEquals(await answerOf(await app.collect(pageview({ path: "/admin/users" }))), [
    204,
    "excluded",
    null,
  ]);
  const onAdmin = batch([click(), click({ url: "/admin?tab=users" }), { eventType: "" }], { path: "/admin" });
  assertEquals(await answerOf(await app.collect(onAdmin)), [204, "excluded", null]);
  const answered = await app.collect([
    pageview({ path: "/posts/7/edit" }),
    pageview({ path: "/posts/7" }),
    { eventType: "" },
    batch([
      click({ path: "/a" }),
      click({ path: "/admin" }),
      click(),
      click({ url: "https://example.com/b/edit" }),
    ], {
      url: "https://example.com/c",
    }),
  ]);
  assertEquals(await answerOf(answered), [202, null, {
    status: "accepted",
    accepted: 2,
    rejected: [{
      index: 2,
      message:
        "2.siteId is missing: give a string of 1 to 100 characters; 2.eventType must be of 1 to 50 characters",
    }],
    excluded: [
      { index: 0, message: "it was left out: the site excludes its path" },
      { index: 3, message: "2 of its 4 events were left out: the site excludes its path" },
    ],
  }]);
  assertEquals(
    await app.rows(
      `select path, jsonb_path_query_array(raw_event_data, '$.events[*].path') as paths from events_log order by path desc`,
    ),
    [{ path: "/posts/7", paths: [] }, { path: "/c", paths: ["/a"] }],
  );
  assertEquals(await excludedTotal(app), [
    'footfall_requests_dropped_total{reason="excluded"} 2',
    'footfall_events_excluded_total{reason="path"} 7',
  ]);
});

Deno.test("an item that is not valid, beside nothing but excluded ones, is told as ever", async () => {
  await using app = await testApp();
  await app.rows("insert into sites (site_id, exclude_paths) values ('example-com', array['/admin*'])");
  const [status, dropped, problem] = await answerOf(
    await app.collect([pageview({ path: "/admin" }), { siteId: "example-com" }]),
  );
  assertEquals([status, dropped, problem.errors.map(({ path }: { path: string }) => path)], [400, null, [
    "1.eventType",
  ]]);
});

Deno.test("an event that does not say its page is kept, whatever pages are excluded", async () => {
  await using app = await testApp();
  await app.rows("insert into sites (site_id, exclude_paths) values ('example-com', array['/admin*'])");
  assertEquals((await app.collect(batch([{ eventType: "click" }]))).status, 202);
});
