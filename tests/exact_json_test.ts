import { assertEquals, assertThrows } from "@std/assert";
import { parseExactJson } from "../events/exact_json.ts";
import { answer } from "./answer.ts";
import { batch, pageview, testApp } from "./fixtures.ts";

const NUMBERS: [json: string, value: unknown][] = [
  ["123456789012345678", "123456789012345678"],
  ["-123456789012345678", "-123456789012345678"],
  ["[9007199254740991,9007199254740993]", [9007199254740991, "9007199254740993"]],
  ['{"a":\n1234567890123456789.25}', { a: "1234567890123456789.25" }],
  ["[1e999, -1.5E+400]", ["1e999", "-1.5E+400"]],
  // What JavaScript holds, or only rounds, stays a number.
  ["[1234567890123456, 1e20, 0.12345678901234567890, 52.5200081234567890]", [
    1234567890123456,
    1e20,
    0.12345678901234568,
    52.52000812345679,
  ]],
  // Digits in strings and names are none of ours.
  [
    String.raw`{"123456789012345678": "\": 123456789012345678,", "b\\": [123456789012345678, "\\"]}`,
    { "123456789012345678": '": 123456789012345678,', "b\\": ["123456789012345678", "\\"] },
  ],
];

Deno.test("a number that JavaScript cannot hold becomes a string of its digits", () => {
  for (const [json, value] of NUMBERS) assertEquals(parseExactJson(` ${json}`), value);
});

Deno.test("bodies made to be slow are not", () => {
  const size = 256 * 1024;
  // An order of growth other than linear would take minutes here.
  for (
    const hostile of [
      `[${"1".repeat(size)}`,
      `"${'\\"'.repeat(size / 2)} 1234567890123456`,
      ` 1234567890123456${' "'.repeat(size / 2)}`,
      `[${" 1.1".repeat(size / 4)}`,
    ]
  ) assertThrows(() => parseExactJson(hostile), SyntaxError);
  assertEquals(parseExactJson(`[${"1".repeat(size)}]`), ["1".repeat(size)]);
  assertEquals(
    (parseExactJson(`[1234567890123456789${`,"\\""`.repeat(50_000)}]`) as unknown[]).length,
    50_001,
  );
});

Deno.test("an order number of 18 digits arrives as it was sent, alone, in a batch and in a form", async () => {
  await using app = await testApp();
  const order = "123456789012345678";
  const post = async (body: unknown) =>
    (await answer(await app.collect(JSON.stringify(body).replaceAll(`"#"`, order))))[0];
  assertEquals(
    [
      await post(pageview()),
      await post({ ...pageview(), eventType: "buy", eventData: { order: "#", revenue: 12.5 } }),
      await post(batch([
        { eventType: "ship", eventData: { orders: [{ order: "#" }] } },
        { eventType: "form_submit", eventData: { formId: "f", formData: { order: "#" } } },
        { eventType: "page_exit", eventData: { timeSpent: "#" } },
      ])),
    ],
    [202, 202, 202],
  );
  await app.etl();
  assertEquals(
    await app.rows(
      `select event_type, coalesce(event_data #>> '{order}', event_data #>> '{orders,0,order}') as "order"
       from user_events where event_type in ('buy', 'ship') order by 1`,
    ),
    [{ event_type: "buy", order }, { event_type: "ship", order }],
  );
  assertEquals(await app.rows("select form_data ->> 'order' as value from form_submissions"), [{
    value: order,
  }]);
  assertEquals(await app.rows("select * from failed_events"), []);
});
