import { assertEquals } from "@std/assert";
import { browserTest } from "./browser.ts";
import { trackedPages } from "./tracked_pages.ts";

/** A field, the value that arrives; none where the field does not belong to the form's data. */
const FIELDS: [string, (string | string[])?][] = [
  [`<input name="email" value="ada@example.com">`, "ada@example.com"],
  [`<input name="id" value="clobbers">`, "clobbers"],
  [`<input name="action" value="clobbers too">`, "clobbers too"],
  [`<textarea name="message">Two bags</textarea>`, "Two bags"],
  [`<select name="size"><option>S<option selected>M</select>`, "M"],
  [`<input type="checkbox" name="terms" checked>`, "on"],
  [`<input type="checkbox" name="news">`],
  [
    `<input type="checkbox" name="grind" value="fine" checked><input type="checkbox" name="grind" value="medium">
    <input type="checkbox" name="grind" value="coarse" checked>`,
    ["fine", "coarse"],
  ],
  [
    `<select name="origin" multiple><option selected>Kenya<option>Peru<option selected>Java</select>`,
    ["Kenya", "Java"],
  ],
  [`<select name="one" multiple><option selected>Kenya<option>Peru</select>`, "Kenya"],
  [
    `<input type="radio" name="roast" value="light"><input type="radio" name="roast" value="dark" checked>`,
    "dark",
  ],
  [`<input type="file" name="upload">`],
  [`<input type="password" name="pw" value="SECRET-1">`, "[redacted]"],
  [`<input type="hidden" name="csrf" value="SECRET-2">`, "[redacted]"],
  [`<input name="payment" autocomplete="cc-number" value="SECRET-3">`, "[redacted]"],
  [`<input name="api_token" value="SECRET-4">`, "[redacted]"],
  [`<input name="ssn" value="SECRET-5">`, "[redacted]"],
  [`<input name="card" value="SECRET-6">`, "[redacted]"],
  [`<input name="nickname" data-private value="SECRET-7">`, "[redacted]"],
  [`<fieldset data-private><input name="street" value="SECRET-8"></fieldset>`, "[redacted]"],
  [`<input name="free" value="4111 1111 1111 1111">`, "[redacted]"],
  [`<input name="free2" value="it is 123-45-6789">`, "[redacted]"],
  [`<input name="long" value="${"x".repeat(600)}">`, "x".repeat(500)],
  [`<button name="send" value="1">Send</button>`],
];

browserTest("a form arrives in form_submissions, and no secret leaves the browser", async (browser) => {
  await using site = await trackedPages();
  const fields = FIELDS.map(([html]) => html).join("\n");
  await using visit = await site.visit(browser, {
    "/contact": {
      body:
        `<form id="contact" action="/thanks" method="post" onsubmit="event.preventDefault()">${fields}</form>`,
    },
  });
  let sent = "";
  visit.page.on("request", (request) => sent += request.postData() ?? "");
  await visit.open("/contact");
  await visit.page.click("[name=send]");
  await visit.leave();

  await visit.assertEvents([
    "pageview /contact",
    "click /contact",
    "form_submit /contact",
    "page_exit /contact",
  ]);
  const expected = FIELDS.flatMap(([html, value]) => {
    const name = /name="(\w+)"/.exec(html)![1]!;
    return value === undefined ? [] : [[name, value]];
  });
  assertEquals(
    await site.app.rows(
      "select form_id, form_action, form_method, page_path, form_data from form_submissions",
    ),
    [{
      form_id: "contact",
      form_action: "/thanks",
      form_method: "post",
      page_path: "/contact",
      form_data: Object.fromEntries(expected),
    }],
  );
  assertEquals(sent.match(/SECRET-\d|4111|6789/g), null);
});
