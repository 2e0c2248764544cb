import { assertEquals } from "@std/assert";
import { saveSite } from "../db/site_directory.ts";
import { testApp } from "./fixtures.ts";
import { engines } from "./test_database.ts";

const MS_A_DAY = 24 * 60 * 60_000;
// The date of one of them is not that of UTC at any time.
const ZONES = ["Pacific/Kiritimati", "Etc/GMT+12", "UTC"];

for (const engine of engines()) {
  Deno.test(`a visitor without ids is one of the site's day, and a salt goes when no site needs it (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    const salts = () => app.rows("select day from visitor_salts order by day");
    for (const siteId of ZONES) await saveSite(app.db, { siteId, timezone: siteId });
    const day = (zone: string, ago = 0) =>
      new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(Date.now() - ago * MS_A_DAY);
    const before = ZONES.map((zone) => day(zone));
    for (const siteId of ZONES) await app.collect({ eventType: "x", siteId });
    const ids = await app.rows("select site_id, visitor_id from events_log");
    // Unless midnight has passed just now.
    if (before.join() === ZONES.map((zone) => day(zone)).join()) {
      assertEquals(
        Object.fromEntries(ids.map(({ site_id, visitor_id }) => [site_id, String(visitor_id).slice(4, 12)])),
        Object.fromEntries(ZONES.map((zone, i) => [zone, before[i]!.replaceAll("-", "")])),
      );
    }

    await app.rows(
      "insert into visitor_salts (day) select (now() at time zone 'UTC')::date - n from generate_series(2, 9) n on conflict do nothing",
    );
    await app.etl();
    assertEquals((await salts())[0], { day: day("Etc/GMT+12", 1) });
    await app.rows("delete from sites");
    await app.etl();
    assertEquals((await salts())[0], { day: day("UTC", 1) });
  });
}
