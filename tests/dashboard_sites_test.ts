import { assertEquals } from "@std/assert";
import { getPage, texts, unescapeHtml } from "./dashboard_page.ts";
import { pageview, testApp } from "./fixtures.ts";

Deno.test("sites are added and changed in the browser", async () => {
  await using app = await testApp();
  const send = (fields: Record<string, string>) =>
    getPage(app, "/dashboard/sites", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(fields).toString(),
    });
  const fields = {
    site: "blog",
    domains: "https://blog.example/ www.blog.example",
    timezone: "Europe/Berlin",
    ipMode: "none",
  };
  const added = await send(fields);
  assertEquals([added.status, added.headers.get("location")], [303, "/dashboard/sites?site=blog"]);
  const settings = {
    retentionDays: "30",
    redactNames: "customerNo\r\ncard holder\r\n",
    excludePaths: "/admin*\r\n\r\n*/edit",
    excludeNetworks: "203.0.113.7, 2001:db8:1:2::3/48",
    countBots: "on",
    trailingSlash: "drop",
    indexHtml: "drop",
    pageParameters: "id, filter[color]",
  };
  await send({ ...fields, ...settings, ipMode: "", existing: "1" });
  assertEquals(
    await app.rows(
      `select site_id, domains, timezone, ip_mode, retention_days, redact_names, exclude_paths, exclude_networks, count_bots,
         trailing_slash, index_html, page_parameters
       from sites`,
    ),
    [
      {
        site_id: "blog",
        domains: ["blog.example", "www.blog.example"],
        timezone: "Europe/Berlin",
        ip_mode: null,
        retention_days: 30,
        redact_names: ["customerNo", "card holder"],
        exclude_paths: ["/admin*", "*/edit"],
        exclude_networks: ["203.0.113.7/32", "2001:db8:1::/48"],
        count_bots: true,
        trailing_slash: "drop",
        index_html: "drop",
        page_parameters: ["id", "filter[color]"],
      },
    ],
  );
  const { html } = await getPage(app, "/dashboard/sites?site=blog");
  assertEquals(texts(html, /<textarea[^>]*>(.*?)<\/textarea>/gs), [
    "customerNo card holder",
    "/admin* */edit",
    "203.0.113.7 2001:db8:1::/48",
  ]);
  assertEquals(texts(html, /(<option value="on" selected.*?)<\/option>/g), ["counted"]);
  assertEquals(texts(html, /(<option value="(?:keep|drop)" selected.*?)<\/option>/g), ["dropped", "dropped"]);
  assertEquals(shownFields(html).pageParameters, "id filter[color]");
  // testApp sends from 203.0.113.77, which is not 203.0.113.7.
  assertEquals(html.includes("Your own visits are left out"), false);
  await app.rows("update sites set exclude_networks = exclude_networks || '203.0.113.0/24'::cidr");
  assertEquals(
    texts((await getPage(app, "/dashboard/sites?site=blog")).html, /<p class="note">(Your .*?)<\/p>/gs),
    ["Your own visits are left out: you come from 203.0.113.77, which the settings below exclude."],
  );
  assertEquals(texts(html, /<p[^>]*id="excludeNetworks-note"[^>]*>(.*?)<\/p>/gs), [
    "One a line, such as your own: you come from 203.0.113.77.",
  ]);
  for (
    const [wrong, problem] of [
      [{ site: "a b" }, "Give 1 to 100 characters without blanks."],
      [{ site: "sites" }, "This id is taken by a page of the dashboard."],
      [{ site: ".." }, "Give a name such as example-com: browsers take dots out of a URL."],
      [{ site: "a/b" }, "Give an id without /, which means something else in a URL."],
      [{ timezone: "UTC" }, "There is a site of this id: choose it in the list to change it."],
      [
        { existing: "1", domains: "exa mple!.com" },
        "“mple!.com” does not fit: give a host name such as example.com.",
      ],
      [
        { existing: "1", timezone: "Mars/Olympus" },
        "Timezone Mars/Olympus is unknown; give a name such as Europe/Berlin.",
      ],
      [{ existing: "1", ipMode: "half" }, "“half” does not fit: give full, truncate, none or default."],
      [
        { existing: "1", retentionDays: "0" },
        "“0” does not fit: give a whole number of days from 1 to 36500, or default.",
      ],
      [
        { existing: "1", redactNames: "customerNo\n--" },
        "“--” does not fit: give the name of a field, such as customerNo: at most 100 letters, digits, blanks, and - _ . between them.",
      ],
      [
        { existing: "1", excludePaths: "/admin* admin" },
        "“admin” does not fit: give a path such as /admin/*, without host and query, of at most 500 characters.",
      ],
      [{ existing: "1", trailingSlash: "remove" }, "“remove” does not fit: give keep or drop."],
      [
        { existing: "1", pageParameters: "id sid" },
        "“sid” does not fit: its values are redacted, so it tells no pages apart; give another parameter.",
      ],
      [
        { existing: "1", excludeNetworks: "203.0.113.300" },
        "“203.0.113.300” does not fit: give an address or a network, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/48.",
      ],
    ] as const
  ) {
    const { status, html } = await send({ ...fields, ...settings, ...wrong });
    assertEquals([status, texts(html, /<p class="error"[^>]*>(.*?)<\/p>/gs)], [400, [problem]]);
  }
  assertEquals((await app.rows("select site_id from sites")).length, 1);
  await app.rows("delete from sites");
  const gone = await send({ ...fields, existing: "1" });
  assertEquals([gone.status, texts(gone.html, /<p class="error"[^>]*>(.*?)<\/p>/gs)], [400, [
    "There is no site of this id any more: it was removed meanwhile.",
  ]]);
  assertEquals(await app.rows("select site_id from sites"), []);
});

Deno.test("no setting of a site becomes markup, stored or refused, and each is shown as it was given", async () => {
  await using app = await testApp();
  const send = (fields: Record<string, string>) =>
    getPage(app, "/dashboard/sites", { method: "POST", body: new URLSearchParams(fields) });
  const script = (n: number) => `"'></textarea></script><script>alert(${n})</script>`;
  const site = `<script>alert(0)<!--&amp;"'`;
  const excludePaths = `/${script(1)}*\n/<!--&lt;`;
  const added = await send({ site, timezone: "UTC", excludePaths });
  assertEquals(added.status, 303);
  const stored = await getPage(app, added.headers.get("location")!);
  assertEquals(markupOf(stored.html), []);
  assertEquals(shownFields(stored.html), {
    site,
    existing: "1",
    domains: "",
    timezone: "UTC",
    pageParameters: "",
    retentionDays: "",
    redactNames: "",
    excludePaths,
    excludeNetworks: "",
  });

  const refused = {
    site,
    existing: "1",
    domains: script(2),
    timezone: script(3),
    pageParameters: `id="'<script>`,
    retentionDays: script(4),
    redactNames: script(5),
    excludePaths: script(6),
    excludeNetworks: script(7),
  };
  const { status, html } = await send({ ...refused, ipMode: script(8) });
  assertEquals([status, markupOf(html), shownFields(html)], [400, [], refused]);
  assertEquals(
    texts(html, /<p class="error"[^>]*>(.*?)<\/p>/gs).map((error) =>
      /^“(.*)” does not fit:/.exec(error)?.[1]
    ),
    [script(2), `id="'<script>`, ...[8, 4, 5, 6, 7].map(script)],
  );
  const zone = await send({ site, existing: "1", timezone: script(3) });
  assertEquals([zone.status, markupOf(zone.html)], [400, []]);
  const list = await getPage(app, "/dashboard");
  assertEquals([list.status, markupOf(list.html)], [200, []]);
});

/** Elements that no page of the form has, where one of its values had become markup. */
function markupOf(html: string): string[] {
  return [...html.matchAll(/<img[^>]*>|<script(?![^>]*\bsrc=)[^>]*>|<!--/g)].map(String);
}

/** The values of the form's controls by their names, entities resolved. */
function shownFields(html: string): Record<string, string> {
  const [, form] = /<form class="card site-form"(.*?)<\/form>/s.exec(html)!;
  const controls = [...form!.matchAll(/<(input|textarea) ([^>]*)>(?:([^<]*)<\/textarea>)?/g)];
  return Object.fromEntries(controls.map(([, , attributes, text]) => {
    const read = (name: string) => new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes!)?.[1];
    return [read("name")!, unescapeHtml(text ?? read("value") ?? "")];
  }));
}

Deno.test("a site that was added under an id that no new one may have collects, and can be changed", async () => {
  await using app = await testApp();
  for (const site of ["a/b", "100%", "sign-in", ".."]) {
    await app.rows("insert into sites (site_id) values ($1)", [site]);
    const collected = await app.collect(pageview({ siteId: site, sessionId: site, path: "/" }));
    const changed = await getPage(app, "/dashboard/sites", {
      method: "POST",
      body: new URLSearchParams({ site, existing: "1", timezone: "Europe/Berlin" }),
    });
    assertEquals([site, collected.status, changed.status], [site, 202, 303]);
  }
  await app.etl();
  assertEquals(
    await app.rows(
      "select site_id, timezone, (select count(*) from pageviews p where p.site_id = s.site_id) as views from sites s order by 1",
    ),
    ["..", "100%", "a/b", "sign-in"].map((site_id) => ({ site_id, timezone: "Europe/Berlin", views: 1 })),
  );
});
