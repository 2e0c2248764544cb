import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { browserTest, complaints } from "./browser.ts";
import { serveDev } from "./served_process.ts";

const ADMIN_TOKEN = "browser-admin-token";
const PHONE = { width: 390, height: 844 };

async function post(url: string, body: object): Promise<{ url: string }> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: JSON.stringify(body),
  });
  assertEquals(response.status, 201);
  return await response.json();
}

/** How many pixels the page is wider than the screen. */
function overflow(page: Page): Promise<number> {
  return page.evaluate("document.documentElement.scrollWidth - innerWidth");
}

browserTest("signing in and out works on a phone, in the dark, without scripts", async (browser) => {
  await using server = await serveDev({ ADMIN_TOKEN, SPOOL_PATH: "off" });
  const context = await browser.newContext({
    viewport: PHONE,
    colorScheme: "dark",
    javaScriptEnabled: false,
  });
  const page = await context.newPage();
  const heard = complaints(page);
  await page.goto(`${server.url}/dashboard`);
  assertEquals(new URL(page.url()).pathname, "/dashboard/sign-in");
  // Who types before the browser has put the cursor there is told so on the console.
  const token = page.getByLabel("Admin token");
  const focused = token.and(page.locator(":focus"));
  await focused.waitFor();
  await token.fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  assertEquals(await page.getByRole("alert").textContent(), "This is not the admin token.");
  await focused.waitFor();
  await token.fill(ADMIN_TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/dashboard");
  assertEquals(await page.getByRole("heading").textContent(), "Sites");
  assertEquals([
    await page.getByRole("button", { name: "Sign out" }).isVisible(),
    await context.cookies().then((all) =>
      all.map(({ name, httpOnly, sameSite, secure, path }) => [name, httpOnly, sameSite, secure, path])
    ),
  ], [true, [["footfall_session", true, "Lax", false, "/"]]]);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/dashboard/sign-in");
  assertEquals(await context.cookies(), []);
  // The browser's own word for an answer of 403.
  assertEquals(heard.filter((message) => !message.includes("403")), []);
});

browserTest("pages fit a phone, follow the dark, and load what their policy allows", async (browser) => {
  await using server = await serveDev({ ADMIN_TOKEN, SPOOL_PATH: "off" });
  const locked = await post(`${server.url}/api/v1/sites/shop/share-links`, { password: "correct horse" });
  const context = await browser.newContext({ viewport: PHONE, colorScheme: "dark" });
  const page = await context.newPage();
  const heard = complaints(page);
  for (const url of [`${server.url}/dashboard/sign-in`, locked.url]) {
    await page.goto(url);
    const background = await page.evaluate("getComputedStyle(document.body).backgroundColor");
    assertEquals([url, await overflow(page), background], [url, 0, "rgb(20, 24, 23)"]);
  }
  const password = page.getByLabel("Password");
  await password.and(page.locator(":focus")).waitFor();
  await password.fill("correct horse");
  await page.getByRole("button", { name: "Open" }).click();
  await page.waitForURL("**/dashboard/shop");
  assertEquals([await page.getByRole("heading", { level: 1 }).textContent(), await overflow(page)], [
    "shop",
    0,
  ]);
  assertEquals(await page.getByRole("button", { name: "Sign out" }).count(), 0);
  assertEquals(heard, []);
});

browserTest("a frame of another site shows a link that lists it, and no other", async (browser) => {
  await using server = await serveDev({ ADMIN_TOKEN, SPOOL_PATH: "off" });
  let framed = "";
  await using embedding = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(`<iframe src="${framed}"></iframe>`, { headers: { "content-type": "text/html" } }),
  );
  // Another site than 127.0.0.1, to a browser.
  const embedder = `http://localhost:${embedding.addr.port}`;
  const links = `${server.url}/api/v1/sites/shop/share-links`;
  const listed = await post(links, { embedOrigins: [embedder] });
  const elsewhere = await post(links, { embedOrigins: ["https://www.example.com"] });
  const headings = async (url: string) => {
    framed = url;
    const page = await browser.newPage();
    await page.goto(embedder);
    const found = await page.frames()[1]!.locator("h1").allTextContents();
    // A refused one shows the browser's own page.
    const isOurs = await page.frames()[1]!.locator("header .brand").count() > 0;
    await page.close();
    return isOurs ? found : "refused";
  };
  assertEquals(await headings(`${listed.url}?period=7d`), ["shop"]);
  assertEquals(await headings(elsewhere.url), "refused");
  assertEquals(await headings(`${server.url}/dashboard/sign-in`), "refused");
});
