import { assertEquals } from "@std/assert";
import type { z } from "zod";
import { EventProperties } from "../routes/stats/events.ts";
import { Forms } from "../routes/stats/forms.ts";
import { Goals } from "../routes/stats/goals.ts";
import { Revenue } from "../routes/stats/revenue.ts";
import { Scroll } from "../routes/stats/scroll.ts";
import { ADMIN_TOKEN, type TestApp, testApp } from "./fixtures.ts";
import { ask, ASKED, DAYS, visitShop } from "./stats_shop.ts";
import { engines } from "./test_database.ts";

const CASES: { path: string; schema: z.ZodType; answer: object }[] = [
  {
    path: "forms",
    schema: Forms,
    answer: {
      forms: [{
        form: "signup",
        pages: ["/pricing"],
        views: 2,
        starts: 1,
        submissions: 1,
        abandonments: 0,
        completionRate: 1,
        fields: [{ field: "email", filled: 1, share: 1 }],
      }],
    },
  },
  {
    path: "scroll",
    schema: Scroll,
    answer: {
      pages: [
        { value: "/", pageviews: 3, reached: { "25": 0, "50": 0, "75": 0, "100": 0 } },
        { value: "/pricing", pageviews: 2, reached: { "25": 0.5, "50": 0.5, "75": 0, "100": 0 } },
      ],
    },
  },
  {
    path: "events/purchase",
    schema: EventProperties,
    answer: {
      name: "purchase",
      events: 1,
      sessions: 1,
      properties: [
        { property: "currency", values: [{ value: "eur", events: 1, share: 1 }], others: 0 },
        { property: "plan", values: [{ value: "pro", events: 1, share: 1 }], others: 0 },
        { property: "revenue", values: [{ value: "19.9", events: 1, share: 1 }], others: 0 },
      ],
    },
  },
  {
    path: "revenue",
    schema: Revenue,
    answer: { revenue: [{ event: "purchase", currency: "EUR", payments: 1, amount: 19.9 }] },
  },
];

// Of the sessions some lack each of these, so an answer that left the filter out would be another one.
const NONE: Record<string, object> = {
  forms: { forms: [] },
  scroll: { pages: [{ value: "/", pageviews: 1, reached: { "25": 0, "50": 0, "75": 0, "100": 0 } }] },
  "events/purchase": { name: "purchase", events: 0, sessions: 0, properties: [] },
  revenue: { revenue: [] },
};

/** Requests a change of the goals, as the admin. */
function change(app: TestApp, method: string, path: string, body?: object): Promise<Response> {
  return app.request(`/api/v1/sites/${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
}

for (const engine of engines()) {
  Deno.test(`forms, scrolling, properties and revenue come alike from the roll-ups and from the facts (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    await visitShop(app);
    const everybody = { dimension: "page", operator: "is", values: ["/"] };
    const bounced = { dimension: "page", operator: "is_not", values: ["/pricing"] };
    for (const { path, schema, answer } of CASES) {
      const cases = [
        { query: DAYS, expected: { ...ASKED, ...answer } },
        { query: `${DAYS}&filter=page:is:/`, expected: { ...ASKED, filters: [everybody], ...answer } },
        {
          query: `${DAYS}&filter=page:is_not:/pricing`,
          expected: { ...ASKED, filters: [bounced], ...NONE[path] },
        },
      ];
      for (const { query, expected } of cases) {
        const body = await (await ask(app, `/sites/shop/${path}?${query}`)).json();
        assertEquals({ path, query, body }, { path, query, body: expected });
        assertEquals(schema.parse(body), body);
      }
    }
  });

  Deno.test(`a goal is added, counted with its revenue, and removed (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    await visitShop(app);

    const bought = await change(app, "POST", "shop/goals", { name: "Bought", event: "purchase" });
    const priced = await change(app, "POST", "shop/goals", { name: "Saw the prices", page: "/pricing" });
    assertEquals([bought.status, priced.status], [201, 201]);
    const [{ id: boughtId }, { id: pricedId }] = [await bought.json(), await priced.json()];

    const again = await change(app, "POST", "shop/goals", { name: "Bought", page: "/thanks" });
    assertEquals([again.status, (await again.json()).detail], [
      409,
      "There is a goal Bought already: remove it, or choose another name",
    ]);
    const untyped = await app.request("/api/v1/sites/shop/goals", {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      body: JSON.stringify({ name: "Bought", page: "/thanks" }),
    });
    assertEquals([untyped.status, (await untyped.json()).detail], [
      415,
      "Send the body as JSON, with Content-Type: application/json",
    ]);
    const goals = [
      {
        id: boughtId,
        name: "Bought",
        event: "purchase",
        completions: 1,
        sessions: 1,
        rate: 1 / 3,
        revenue: [{ currency: "EUR", amount: 19.9 }],
      },
      {
        id: pricedId,
        name: "Saw the prices",
        page: "/pricing",
        completions: 2,
        sessions: 2,
        rate: 2 / 3,
        revenue: [],
      },
    ];
    for (const query of [DAYS, `${DAYS}&filter=page:is:/`]) {
      const body = await (await ask(app, `/sites/shop/goals?${query}`)).json();
      assertEquals(body.goals, goals);
      assertEquals(Goals.parse(body), body);
    }

    const removed = await change(app, "DELETE", `shop/goals/${boughtId}`);
    const gone = await change(app, "DELETE", `shop/goals/${boughtId}`);
    const elsewhere = await change(app, "DELETE", `other/goals/${pricedId}`);
    assertEquals([removed.status, gone.status, elsewhere.status], [204, 404, 404]);
    await Promise.all([gone, elsewhere].map((response) => response.body?.cancel()));
    const left = await (await ask(app, `/sites/shop/goals?${DAYS}`)).json();
    assertEquals(left.goals, goals.slice(1));
  });
}

Deno.test("a goal is an event or a page, of a site that is known", async () => {
  await using app = await testApp();
  await visitShop(app);
  const cases: [site: string, body: object, status: number, detail: string][] = [
    ["shop", { name: "x" }, 400, "give either event, the name of an event, or page, a path"],
    [
      "shop",
      { name: "x", event: "a", page: "/b" },
      400,
      "give either event, the name of an event, or page, a path",
    ],
    ["shop", { event: "a" }, 400, "name must be a text of 1 to 100 characters, none of them NUL"],
    ["shop", { name: "x", event: "a", value: 3 }, 400, "there is no parameter value here"],
    [
      "nowhere",
      { name: "x", event: "a" },
      404,
      "There is no site nowhere: it was not added, and no event of it came",
    ],
  ];
  for (const [site, body, status, detail] of cases) {
    const response = await change(app, "POST", `${site}/goals`, body);
    assertEquals([body, response.status, (await response.json()).detail], [body, status, detail]);
  }
});
