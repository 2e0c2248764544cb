import { assertEquals } from "@std/assert";
import { answered, commandTest, failed } from "./command_run.ts";
import { testDatabase } from "./test_database.ts";

const json = (value: unknown) => answered(JSON.stringify(value, null, 2));

commandTest(
  "footfall retention says in one line that nothing is past its retention, and does not ask then",
  testDatabase,
  async (run) => {
    const retention = (...args: string[]) => run("commands/footfall.ts", ["retention", ...args]);
    const nothing = answered("nothing is past its retention: 90 days, but for sites with days of their own");

    assertEquals(await retention("--dry-run"), nothing);
    assertEquals(await retention(), nothing);
    assertEquals(
      await retention("--days", "1"),
      answered("nothing is past its retention: 1 day, but for sites with days of their own"),
    );
    assertEquals(await retention("--dry-run", "--json"), json({ retention_days: 90, would_remove: [] }));
    assertEquals(await retention("--json"), json({ retention_days: 90, removed: 0 }));
    assertEquals(await retention("--yes"), answered("removed: 0 raw events"));
  },
);

commandTest(
  "footfall retention tells what would go, goes no further without a yes, and then removes it",
  testDatabase,
  async (run, db) => {
    const retention = (...args: string[]) => run("commands/footfall.ts", ["retention", ...args]);
    await db.exec(`
      insert into sites (site_id, retention_days) values ('short', 5);
      insert into events_log (event_type, site_id, timestamp, raw_event_data, created_at, processed_at)
      select 'pageview', site, now(), '{}', at, at
      from unnest('{short,usual}'::text[]) site, (select now() - interval '6 days' as at) aged`);
    const kept = () => db.query("select site_id from events_log");
    const { code, stdout, stderr } = await retention("--dry-run");

    assertEquals([code, stderr, stdout.replace(/events_log_\w+|-{6,}|\d+ kB/g, "…").replaceAll(/ +/g, " ")], [
      0,
      "",
      [
        "would be removed at 90 days, but for sites with days of their own:",
        "what site rows size how",
        "… ----- ---- … …",
        "… short 1 … deleted",
        "",
      ].join("\n"),
    ]);
    assertEquals(
      await retention(),
      failed("footfall", "Cannot ask whether to go on, as there is no terminal: say so with --yes"),
    );
    assertEquals(await kept(), [{ site_id: "short" }, { site_id: "usual" }]);
    assertEquals(await retention("--yes"), answered("removed: 1 raw event"));
    assertEquals(await kept(), [{ site_id: "usual" }]);
    assertEquals(
      await retention(),
      answered("nothing is past its retention: 90 days, but for sites with days of their own"),
    );
  },
);
