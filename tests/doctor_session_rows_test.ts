import { assertEquals } from "@std/assert";
import { examine } from "../db/doctor/examine.ts";
import { complaints, patient } from "./patient.ts";
import { engines } from "./test_database.ts";

for (const engine of engines()) {
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${engine.name})`, fn);

  test("doctor finds days that are over and wait to be rolled up, not the open day", async () => {
    await using db = await engine.migrated();
    const mark = (day: string, minutes: number) =>
      db.query(
        `insert into stale_days (site_id, metric_date, marked_at)
         values ('a', ${day}, now() - make_interval(mins => $1))`,
        [minutes],
      );
    await mark("current_date", 600);
    await mark("date '2026-03-10'", 10);
    const soon = await examine(patient(db, engine));
    await mark("date '2026-03-11'", 45);
    const late = await examine(patient(db, engine));

    assertEquals(soon.filter(({ check }) => check === "stale days"), [
      { check: "stale days", state: "ok", message: "1 day of sites to roll up again, waiting up to 10 min" },
    ]);
    assertEquals(complaints(late), [
      ["stale days", "warning", "2 days of sites to roll up again, waiting up to 45 min"],
    ]);
  });

  test("doctor finds a rebuild after an upgrade, and rows of older definitions", async () => {
    await using db = await engine.migrated();
    const rows = async () =>
      (await examine(patient(db, engine))).filter(({ check }) => check === "session rows");
    await db.exec(`
      insert into user_sessions (session_id, visitor_id, site_id, session_start)
      select 's' || i, 'v', 'a', timestamptz '2026-03-10 12:00Z' + i * interval '1 day' from generate_series(0, 1) i;
      insert into rebuilds (starts, ends, reached, definitions, is_upgrade)
      values ('2026-03-10 12:00Z', 'infinity', '2026-03-11 12:00Z', row_definitions(), true)`);
    const upgrade = await rows();
    await db.exec("update rebuilds set is_upgrade = false");
    const again = await rows();
    while ((await db.query<{ s: number | null }>("select rebuild_slice() as s"))[0]!.s !== null);
    await db.exec("update session_rows set definitions = 0 where session_id = 's0'");
    const outdated = await rows();
    await db.exec("update session_rows set definitions = row_definitions()");

    const check = "session rows";
    assertEquals([upgrade, again, outdated, await rows()], [
      [{
        check,
        state: "warning",
        message:
          "a rebuild of all sites is under way, done back to 2026-03-11T12:00:00.000Z; figures of earlier days are too low",
        advice: "the job daily-metrics goes on with it; now with: deno task footfall rebuild",
      }],
      [{
        check,
        state: "ok",
        message: "a rebuild of all sites is under way, done back to 2026-03-11T12:00:00.000Z",
      }],
      [{
        check,
        state: "warning",
        message: "of older definitions: those of a",
        advice: "deno task footfall rebuild",
      }],
      [{ check, state: "ok", message: "of the current definitions" }],
    ]);
  });
}
