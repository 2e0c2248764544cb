import { assertEquals } from "@std/assert";
import { Availability } from "../db/availability.ts";
import { newSiteIdProblem, saveSite, SiteDirectory } from "../db/site_directory.ts";
import { Spool } from "../db/spool.ts";
import { pageview, testApp } from "./fixtures.ts";
import { engines } from "./test_database.ts";

for (const engine of engines()) {
  Deno.test(`a site's new time zone counts all of its days anew, however its raw events went (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    await saveSite(app.db, { siteId: "example-com", retentionDays: 1 });
    await app.collect(
      ["2026-03-09T23:30:00Z", "2026-03-10T12:00:00Z"].map((timestamp, i) =>
        pageview({ timestamp, sessionId: `s${i}` })
      ),
    );
    await app.etl();
    const days = async () =>
      (await app.rows(
        "select metric_date, total_sessions from daily_site_metrics where total_sessions > 0 order by 1",
      ))
        .map(({ metric_date, total_sessions }) => [metric_date, total_sessions]);
    assertEquals(await days(), [["2026-03-09", 1], ["2026-03-10", 1]]);
    await app.rows("delete from events_log");

    assertEquals(await saveSite(app.db, { siteId: "example-com", timezone: "Europe/Berlin" }), "changed");
    await app.etl();
    assertEquals(await days(), [["2026-03-10", 2]]);

    // Nothing to count anew where the time zone is the same, or is not named.
    await saveSite(app.db, { siteId: "example-com", timezone: "Europe/Berlin", ipMode: "none" });
    await saveSite(app.db, { siteId: "example-com", redactNames: ["customerNo"] });
    assertEquals(await app.rows("select site_id from stale_days"), []);
    assertEquals(await app.rows("select timezone, ip_mode, retention_days, redact_names from sites"), [
      { timezone: "Europe/Berlin", ip_mode: "none", retention_days: 1, redact_names: ["customerNo"] },
    ]);
  });
}

Deno.test("sites that an older version noted in the spool are known without the settings that came later", async () => {
  await using app = await testApp();
  const directory = await Deno.makeTempDir();
  try {
    const spool = new Spool(`${directory}/spool.db`, 1_000_000);
    spool.note("sites", [{ siteId: "shop", domains: ["shop.example"], timezone: "UTC", ipMode: "full" }]);
    using availability = new Availability(() => Promise.reject(new Error("away")));
    availability.lost(new Error("away"));
    assertEquals(await new SiteDirectory(app.db, availability, spool).find("shop"), {
      siteId: "shop",
      domains: ["shop.example"],
      timezone: "UTC",
      ipMode: "full",
      retentionDays: null,
      redactNames: [],
      excludePaths: [],
      excludeNetworks: [],
      countBots: false,
      trailingSlash: "keep",
      indexHtml: "keep",
      pageParameters: [],
    });
    spool.close();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a new site has an id that every address can carry", () => {
  for (
    const id of ["example-com", "example.com", "Läden", "a:b@c", "...", "sites2", "demo", "x".repeat(100)]
  ) {
    assertEquals([id, newSiteIdProblem(id)], [id, undefined]);
  }
  for (const mark of ["/", "\\", "?", "#", "%"]) {
    assertEquals(
      newSiteIdProblem(`a${mark}b`),
      `give an id without ${mark}, which means something else in a URL`,
    );
  }
  for (const id of ["", "a b", "a\u00a0b", "a\tb", "a\0", "\ud800", "x".repeat(101)]) {
    assertEquals([id, newSiteIdProblem(id)], [id, "give 1 to 100 characters without blanks"]);
  }
});
