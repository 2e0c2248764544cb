import { assertEquals } from "@std/assert";
import { migrate, migrateDown } from "../db/migrate.ts";
import { readMigrations } from "../db/migration_files.ts";
import { requireTimeZone } from "../db/time_zones.ts";
import { engines } from "./test_database.ts";

const REFUSED: [string, string][] = [
  ["CET", "timezone CET is an abbreviation; give a name such as Europe/Paris"],
  ["eet", "timezone eet is an abbreviation; give a name such as Europe/Athens"],
  ["MET", "timezone MET is an abbreviation; give a name such as Europe/Paris"],
  ["WET", "timezone WET is an abbreviation; give a name such as Europe/Lisbon"],
  ["IST", "timezone IST is an abbreviation; give a name such as Asia/Kolkata"],
  ["BST", "timezone BST is an abbreviation; give a name such as Europe/London"],
  ["CST", "timezone CST is an abbreviation; give a name such as America/Chicago"],
  ["PST", "timezone PST is an abbreviation; give a name such as America/Los_Angeles"],
  ...["", "ACST", "Berlin3", "+02:00", "UTC+2", "Mars/Base", "posix/Europe/Berlin", "Europe/Berlin ", "Local"]
    .map((
      name,
    ): [string, string] => [name, `timezone ${name} is unknown; give a name such as Europe/Berlin`]),
];
const ACCEPTED = [
  "UTC",
  "GMT",
  "europe/berlin",
  "America/Argentina/Buenos_Aires",
  "America/Santiago",
  "Asia/Calcutta",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Etc/GMT-12",
  "EST5EDT",
  "Japan",
  "Pacific/Apia",
];
const MOMENTS = [
  "2026-01-15T12:00:00Z",
  "2026-07-15T12:00:00Z",
  "2026-03-29T01:30:00Z",
  "2026-10-25T01:30:00Z",
];

for (const engine of engines()) {
  Deno.test(`time zones are names that Postgres and JavaScript understand alike (${engine.name})`, async () => {
    await using db = await engine.migrated();
    const problemOf = (name: string) =>
      requireTimeZone(db, name).then(() => undefined, ({ message }) => message);
    for (const [name, problem] of REFUSED) assertEquals(await problemOf(name), problem);
    for (const name of ACCEPTED) {
      assertEquals([name, await problemOf(name)], [name, undefined]);
      const clocks = await db.query<{ clock: string }>(
        `select to_char(moment::timestamptz at time zone $1, 'YYYY-MM-DD"T"HH24:MI:SS') as clock
         from unnest($2::text[]) with ordinality as moments(moment, place) order by place`,
        [name, MOMENTS],
      );
      assertEquals(
        clocks.map(({ clock }) => clock),
        MOMENTS.map((moment) =>
          Temporal.Instant.from(moment).toZonedDateTimeISO(name).toPlainDateTime().toString({
            smallestUnit: "second",
          })
        ),
        name,
      );
    }
  });

  Deno.test(`abbreviations that earlier releases took become cities, and their days are rolled up again (${engine.name})`, async () => {
    await using db = await engine.migrated({ own: true });
    await migrateDown(db, (await readMigrations()).filter(({ version }) => version >= 25).length);
    await db.exec(`
      insert into sites (site_id, timezone) values ('a', 'CET'), ('b', 'ist'), ('c', 'Europe/Berlin'), ('d', 'EST');
      insert into daily_site_metrics (site_id, metric_date) select site_id, '2026-03-10' from sites`);

    await migrate(db);

    assertEquals(await db.query("select site_id, timezone from sites order by site_id"), [
      { site_id: "a", timezone: "Europe/Paris" },
      { site_id: "b", timezone: "Asia/Kolkata" },
      { site_id: "c", timezone: "Europe/Berlin" },
      { site_id: "d", timezone: "EST" },
    ]);
    assertEquals(
      await db.query(
        "select site_id, array_agg(metric_date::text order by metric_date) as days from stale_days group by 1 order by 1",
      ),
      ["a", "b"].map((site_id) => ({ site_id, days: ["2026-03-09", "2026-03-10", "2026-03-11"] })),
    );
  });
}
