import { assert, assertEquals } from "@std/assert";
import { print } from "../log.ts";
import { compressBrotli } from "../web/assets.ts";
import { ADMIN_TOKEN, pageview, testApp } from "./fixtures.ts";

// All that stands between a reader and the figures, in a connection of 1.6 Mbit/s half a second.
const LIMIT = 100_000;

Deno.test("the overview weighs at most 100 kB in all, as it is sent", async () => {
  await using app = await testApp();
  // As many values as the panels show, and 90 days.
  for (let i = 0; i < 12; i++) {
    await app.collect(
      pageview({ path: `/journal/a-long-path-of-an-article-${i}`, sessionId: `s${i}`, visitorId: `v${i}` }),
    );
  }
  await app.etl();
  const page = await app.request("/dashboard/example-com?from=2026-01-01&to=2026-03-31", {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "accept-encoding": "gzip" },
  });
  assertEquals(page.headers.get("content-encoding"), "gzip");
  const sizes: Record<string, number> = { html: (await page.bytes()).length };
  for (const name of ["dashboard.css", "dashboard.js"]) {
    const file = await Deno.readFile(new URL(`../web/dist/assets/${name}`, import.meta.url));
    sizes[name] = (await compressBrotli(file)).length;
  }
  const sum = Object.values(sizes).reduce((a, b) => a + b);
  print(
    `${
      Object.entries(sizes).map(([name, size]) => `${name} ${size}`).join(", ")
    }: ${sum} bytes (of ${LIMIT})`,
  );
  assert(sum <= LIMIT, `${sum} bytes`);
});
