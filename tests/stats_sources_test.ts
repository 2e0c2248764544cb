import { assertEquals } from "@std/assert";
import { at, pageview, type TestApp, testApp } from "./fixtures.ts";
import { ask } from "./stats_shop.ts";
import { engines } from "./test_database.ts";

const SITE = "/sites/shop";
const DAYS = "from=2026-01-01&to=2026-12-31";

/** Each a visit of its own: its UTM parameters and its referrer. */
async function visit(app: TestApp, visits: [utm: Record<string, string>, referrer: string][]): Promise<void> {
  await app.collect(visits.map(([utm, referrer], i) =>
    pageview({
      siteId: "shop",
      sessionId: `s${i}`,
      visitorId: `v${i}`,
      timestamp: at(i),
      url: `https://shop.test/?${new URLSearchParams(utm)}`,
      attribution: undefined,
      page: { referrer },
    })
  ));
  await app.etl();
}

/** Values and sessions of a list. */
async function list(app: TestApp, dimension: string, query = ""): Promise<[string, number][]> {
  const response = await ask(app, `${SITE}/breakdown/${dimension}?${DAYS}${query}`);
  const { rows } = await response.json();
  return rows.map(({ value, sessions }: { value: string; sessions: number }) => [value, sessions]);
}

async function sessions(app: TestApp, filter: string): Promise<number> {
  const query = new URLSearchParams({ filter });
  return (await (await ask(app, `${SITE}/overview?${DAYS}&compare=none&${query}`)).json()).current.sessions;
}

for (const engine of engines()) {
  Deno.test(`a campaign's parameters are one value whatever their case; the columns keep what was sent (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    await visit(app, [
      [{ utm_source: "LinkedIn", utm_medium: "Social", utm_campaign: "FRÜHLING" }, ""],
      [{ utm_source: " linkedin ", utm_medium: "social", utm_campaign: "frühling" }, ""],
      [{ utm_source: "LINKEDIN", utm_medium: "SOCIAL", utm_campaign: "Frühling" }, ""],
    ]);

    assertEquals(await list(app, "utm_source"), [["linkedin", 3]]);
    assertEquals(await list(app, "utm_medium"), [["social", 3]]);
    assertEquals(await list(app, "utm_campaign", "&search=RÜH"), [["frühling", 3]]);
    assertEquals(await list(app, "source"), [["linkedin", 3]]);
    for (
      const filter of [
        "utm_source:is:LinkedIn",
        "utm_campaign:is:Frühling",
        "utm_campaign:contains:RÜHL",
        "source:is:LINKEDIN",
      ]
    ) {
      assertEquals([filter, await sessions(app, filter)], [filter, 3]);
    }
    assertEquals(await sessions(app, "utm_source:is_not:LinkedIn"), 0);
    assertEquals(
      await app.rows("select utm_source, utm_campaign from user_sessions order by session_id"),
      [
        { utm_source: "LinkedIn", utm_campaign: "FRÜHLING" },
        { utm_source: " linkedin ", utm_campaign: "frühling" },
        { utm_source: "LINKEDIN", utm_campaign: "Frühling" },
      ],
    );
  });

  Deno.test(`a platform is one source, by its referrer and by whatever campaigns call it (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    await visit(app, [
      [{ utm_source: "Twitter" }, ""],
      [{}, "https://t.co/abc"],
      [{ utm_source: "x.com" }, ""],
      [{ utm_source: "fb" }, ""],
      [{ utm_source: "m.facebook.com" }, ""],
      [{}, "https://l.facebook.com/"],
      [{ utm_source: "chatgpt.com" }, "https://chatgpt.com/"],
      [{}, "https://chatgpt.com/"],
      [{ utm_source: "www.google.com" }, ""],
      [{}, "https://www.google.de/"],
      [{ utm_source: "%20" }, "https://play.google.com/"],
      [{ utm_source: "facebook_ads" }, ""],
      [{}, "https://www.News.test/story"],
    ]);

    assertEquals(await list(app, "source"), [
      ["facebook", 3],
      ["x", 3],
      ["chatgpt", 2],
      ["google", 2],
      ["%20", 1],
      ["facebook_ads", 1],
      ["news.test", 1],
    ]);
    assertEquals(await sessions(app, "source:is:twitter"), 3);
    assertEquals(await sessions(app, "source:is:t.co"), 3);
    assertEquals(await sessions(app, "referrer:is:News.test"), 1);
  });

  Deno.test(`case is folded alike whatever the locale (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    // PGlite has no collation of a language.
    for (const collation of engine.name.startsWith("PGlite") ? ["C"] : ["C", "tr-x-icu"]) {
      const folded = `select fold_case('LINKEDIN FRÜHLING' collate "${collation}") as text`;
      assertEquals(await app.rows(folded), [{ text: "linkedin frühling" }]);
    }
  });

  Deno.test(`a referrer from another IPv6 address is not the site's own (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    const from = (referrer: string, i: number) =>
      pageview({
        siteId: "shop",
        sessionId: `s${i}`,
        timestamp: at(i),
        url: "http://[2001:db8::1]/",
        attribution: undefined,
        page: { referrer },
      });
    await app.collect([
      from("http://[2001:db8::2]/", 1),
      from("http://[2001:db8::1]:8080/", 2),
      from("http://b@c@[2001:DB8::3]/", 3),
    ]);
    await app.etl();

    assertEquals(await app.rows("select internal_referrer from pageviews order by view_timestamp"), [
      { internal_referrer: false },
      { internal_referrer: true },
      { internal_referrer: false },
    ]);
    assertEquals(await list(app, "referrer"), [["", 1], ["[2001:db8::2]", 1], ["[2001:db8::3]", 1]]);
  });
}
