import { assertEquals, assertMatch } from "@std/assert";
import { browserTest, complaints } from "./browser.ts";
import { runCommand, serveDev } from "./served_process.ts";

browserTest("a walk through the demo site ends up in every table", async (browser) => {
  await using server = await serveDev();
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 }, locale: "en-GB" });
  const heard = complaints(page);
  await page.goto(`${server.url}/demo/?utm_source=newsletter&utm_campaign=spring`, {
    referer: "https://www.google.de/search?q=coffee",
  });
  await page.waitForTimeout(1500); // what is tested is time on page
  await page.click("#hero-products");
  await page.waitForURL("**/products.html");
  await page.waitForTimeout(1200);
  await page.click("nav >> text=Contact");
  await page.waitForURL("**/contact.html");
  await page.fill("[name=name]", "Ada Lovelace");
  await page.fill("[name=email]", "ada@example.com");
  await page.fill("[name=message]", "Two bags, please. My card is 4111 1111 1111 1111.");
  await page.fill("[name=password]", "hunter2");
  // A browser that goes away sooner sends what is left on its next visit.
  const thanked = page.waitForResponse((response) =>
    response.url().endsWith("/collect") && Boolean(response.request().postData()?.includes("Thank"))
  );
  await page.click("#send");
  await thanked;
  await page.close({ runBeforeUnload: true });
  assertEquals(heard, []);

  const sql = async (query: string) => (await runCommand("sql", [query], server.cwd)).split("\n").slice(2);
  // The last events leave with the page; the beacon may still be on its way.
  let etl = "";
  for (let tries = 0; tries < 50; tries++) {
    etl = await runCommand("etl", [], server.cwd);
    if ((await sql("select count(*) from user_events where event_type = 'page_exit'"))[0]!.trim() === "4") {
      break;
    }
  }
  assertMatch(etl, /^process-events +\d+ +[\d.]+$/m);

  assertEquals(
    (await sql("select path, utm_source, internal_referrer from pageviews order by view_timestamp"))
      .map((line) => line.split(/\s{2,}/)),
    [
      ["/demo/", "newsletter", "false"],
      ["/demo/products.html", "", "true"],
      ["/demo/contact.html", "", "true"],
      ["/demo/thanks.html", "", "true"],
    ].map(([path, utm, internal]) => utm === "" ? [path!, internal!] : [path!, utm!, internal!]),
  );
  assertEquals(
    await sql(
      "select bool_and(time_on_page_seconds between 1 and 30) as timed from pageviews where path in ('/demo/', '/demo/products.html')",
    ),
    ["true"],
  );
  assertEquals(
    await sql(
      `select entry_path || ' ' || exit_path || ' ' || pageview_count || ' ' || bounce || ' ' || utm_campaign || ' ' || referrer_type || ' '
         || referrer_platform || ' ' || browser || ' ' || os || ' ' || device_type || ' ' || viewport_width || ' ' || browser_language as visit
       from user_sessions join user_agents using (user_agent)`,
    ),
    ["/demo/ /demo/thanks.html 4 false spring search google Chrome Linux desktop 1280 en-GB"],
  );
  assertEquals(
    await sql(
      "select element_tag || ' ' || coalesce(element_id, '') as clicked from user_events where event_type = 'click' order by event_timestamp",
    ),
    ["A hero-products", "A", "BUTTON send"],
  );
  assertEquals(
    await sql(
      `select form_id || ' ' || page_path || ' ' || (form_data ->> 'name') || ' ' || (form_data ->> 'password') || ' ' || (form_data ->> 'message') as form
       from form_submissions`,
    ),
    ["contact /demo/contact.html Ada Lovelace [redacted] [redacted]"],
  );
  assertEquals(
    await sql(
      "select site_id || ' ' || total_sessions || ' ' || total_pageviews || ' ' || search_sessions as day from daily_site_metrics",
    ),
    ["demo 1 4 1"],
  );
  assertEquals(await server.stop("SIGTERM"), 0);
});
