import { assertEquals } from "@std/assert";
import { saveSite } from "../db/site_directory.ts";
import { browserTest } from "./browser.ts";
import { trackedPages } from "./tracked_pages.ts";

browserTest(
  "a view that began by a redirect has no parameter of the address that was redirected",
  async (browser) => {
    await using site = await trackedPages();
    await using visit = await site.visit(browser, { "*": {} });
    await saveSite(site.app.db, { siteId: visit.siteId, trailingSlash: "drop", pageParameters: ["id"] });
    await visit.open("/old/?id=7&utm_source=news");
    await visit.page.evaluate(`history.replaceState({}, "", "/items/?id=8")`);
    await visit.arrived(1);
    await visit.page.evaluate(
      `history.pushState({}, "", "/gone/?id=9"); history.replaceState({}, "", "/start/")`,
    );
    await visit.arrived(3);
    await visit.tell("event", "signup");
    await visit.leave();
    await visit.arrived(5);
    const events = await visit.events();
    assertEquals(events.map(([type, path]) => `${type} ${path}`), [
      "pageview /items",
      "page_exit /items?id=8",
      "pageview /start",
      "signup /start",
      "page_exit /start",
    ]);
    const [session] = await visit.sessions("utm_source, entry_path");
    assertEquals([session!.utm_source, session!.entry_path], ["news", "/items"]);
  },
);
