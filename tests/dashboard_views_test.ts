import { assertEquals } from "@std/assert";
import { getPage, texts } from "./dashboard_page.ts";
import { DAY, visit, withVisits } from "./dashboard_visits.ts";
import { at, testApp } from "./fixtures.ts";

Deno.test("each further view shows its answer", async () => {
  await using app = await testApp();
  const form = { formId: "contact", formData: { name: "Ada", email: "", message: "Hi" } };
  for (
    const event of [
      visit("a", "/"),
      visit("a", "/contact", { timestamp: at(20) }),
      { ...visit("a", "/contact", { timestamp: at(30) }), eventType: "form_submit", eventData: form },
      {
        ...visit("a", "/contact", { timestamp: at(31) }),
        eventType: "purchase",
        eventData: { revenue: 12.5, currency: "EUR", plan: "team" },
      },
      visit("b", "/"),
    ]
  ) await app.collect(event);
  await app.rows("insert into goals (site_id, name, page) values ('shop', 'Asked', '/contact')");
  await app.etl();
  const rows = async (view: string) => {
    const { html } = await getPage(app, `/dashboard/shop/${view}`);
    return [...html.matchAll(/<tbody>(.*?)<\/tbody>/gs)].flatMap(([, body]) =>
      [...body!.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) => texts(row!, /<t[hd][^>]*>(.*?)<\/t[hd]>/gs))
    );
  };
  assertEquals(await rows(`events?${DAY}&name=purchase`), [
    ["EUR", "1", "100%"],
    ["team", "1", "100%"],
    ["12.5", "1", "100%"],
  ]);
  assertEquals(await rows(`goals?${DAY}`), [
    ["Asked /contact", "1", "1", "50%", "–", "Remove"],
    ["purchase", "1", "€12.50"],
  ]);
  assertEquals(await rows(`forms?${DAY}`), [
    ["Views of its pages", "1"],
    ["Started", "0"],
    ["Submitted", "1"],
    ["message", "1", "100%"],
    ["name", "1", "100%"],
  ]);
  assertEquals(await rows(`scroll?${DAY}`), [
    ["/", "2", "0%", "0%", "0%", "0%"],
    ["/contact", "1", "0%", "0%", "0%", "0%"],
  ]);
  assertEquals(await rows(`journeys?${DAY}&path=/contact`), [
    ["/", "1", "100%"],
    ["The session ended here", "1", "100%"],
  ]);
  assertEquals(await rows(`retention?${DAY}`), [["9 Mar", "2", "100%"]]);
  const { html } = await getPage(
    app,
    `/dashboard/shop/funnel?${DAY}&step=/&step=/contact&step=event:purchase`,
  );
  assertEquals(texts(html, /<p class="step-name">(.*?)<\/p>/gs), [
    "1 / 2 100%",
    "2 /contact 1 50%",
    "3 purchase 1 50%",
  ]);
  assertEquals(texts(html, /<p class="soft small step-note">(.*?)<\/p>/gs), [
    "50% of the step before 1 left median 20s",
    "100% of the step before median 11s",
  ]);
});

Deno.test("a goal is refused with what would be right", async () => {
  await using app = await withVisits();
  const send = (fields: Record<string, string>) =>
    getPage(app, "/dashboard/shop/goals", { method: "POST", body: new URLSearchParams(fields).toString() });
  assertEquals((await send({ name: "Priced", target: "/pricing" })).status, 303);
  for (
    const [fields, problem] of [
      [{ name: "Priced", target: "/other" }, "There is a goal named Priced already."],
      [{ name: "", target: "/other" }, "Give a name of 1 to 100 characters."],
      [{ name: "Other", target: "" }, "Give a page's path, or an event's name."],
      [
        { name: "Other", target: "x".repeat(51) },
        "An event's name has at most 50 characters; a page's path begins with a slash.",
      ],
    ] as const
  ) {
    const { status, html } = await send(fields);
    assertEquals([status, texts(html, /<p class="error"[^>]*>(.*?)<\/p>/gs)], [400, [problem]]);
  }
  assertEquals(await app.rows("select name, page from goals"), [{ name: "Priced", page: "/pricing" }]);
});
