import { assertEquals, assertNotEquals } from "@std/assert";
import { Spool } from "../db/spool.ts";
import { eraseSpooled, readSpooled } from "../db/spool_erasure.ts";
import { countVisitorRows, eraseTraces, eraseVisitor, readVisitorRecord } from "../db/visitor_record.ts";
import { storable } from "../db/event_row.ts";
import { eventRow } from "./event_row.ts";
import { at, pageview, testApp } from "./fixtures.ts";
import { engines } from "./test_database.ts";
import { factsOf, mixedVisits, tablesWith } from "./visits.ts";

const VISITORS = ["vis_gone", "vis_b", "vis_c"];

for (const engine of engines()) {
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${engine.name})`, fn);

  for (const shared of [false, true]) {
    const whose = shared ? "sessions that visitors share" : "sessions of one visitor each";
    test(`erasing leaves what would be there had the visitor never come: ${whose}`, async () => {
      for (const seed of [1, 2]) {
        await using app = await testApp({ engine });
        await using without = await testApp({ engine });
        const events = mixedVisits({
          seed,
          events: 120,
          sites: ["a", "b"],
          visitors: VISITORS,
          sessions: 3,
          shared,
        });
        // Some are processed and rolled up, some wait.
        for (const [i, event] of events.entries()) {
          if (i === 90) await app.etl();
          await app.collect(event);
          if (event.visitorId !== "vis_gone") await without.collect(event);
        }
        assertNotEquals(await tablesWith(app.db, "vis_gone"), []);

        const erased = await eraseVisitor(app.db, { visitorId: "vis_gone" });
        await eraseTraces(app.db);

        assertEquals(await tablesWith(app.db, "vis_gone"), []);
        assertEquals(erased.map(({ table }) => table), [
          "failed_events",
          "events_log",
          "form_submissions",
          "pageviews",
          ...(shared ? [] : ["session_rows"]),
          "user_events",
          // The others' events make a row of each shared one again.
          ...(shared ? [] : ["user_sessions"]),
        ]);
        await app.etl();
        await without.etl();
        assertEquals(await factsOf(app.db), await factsOf(without.db));
      }
    });
  }

  test("erasing on one site leaves the others", async () => {
    await using app = await testApp({ engine });
    for (const siteId of ["a", "b"]) {
      await app.collect(pageview({ siteId, visitorId: "vis_gone", sessionId: siteId }));
    }
    await app.etl();

    assertEquals(await eraseVisitor(app.db, { visitorId: "vis_gone", siteId: "a" }), [
      { table: "events_log", rows: 1 },
      { table: "pageviews", rows: 1 },
      { table: "session_rows", rows: 1 },
      { table: "user_sessions", rows: 1 },
    ]);
    await eraseTraces(app.db);
    assertEquals(await app.rows("select site_id, unique_visitors from daily_site_metrics"), [
      { site_id: "b", unique_visitors: 1 },
    ]);
    assertEquals(await countVisitorRows(app.db, { visitorId: "vis_gone" }), [
      { table: "events_log", rows: 1 },
      { table: "pageviews", rows: 1 },
      { table: "session_rows", rows: 1 },
      { table: "user_sessions", rows: 1 },
    ]);
  });

  test("a shared session whose raw events are gone is mended from the pageviews that are left", async () => {
    await using app = await testApp({ engine });
    const visits = [["vis_gone", "/in", 0], ["vis_b", "/a", 100], ["vis_b", "/b", 160], [
      "vis_gone",
      "/out",
      500,
    ]] as const;
    for (const [visitorId, path, second] of visits) {
      await app.collect(pageview({ visitorId, path, timestamp: at(second) }));
    }
    await app.etl();
    await app.db.exec("delete from events_log");

    await eraseVisitor(app.db, { visitorId: "vis_gone" });
    await eraseTraces(app.db);

    assertEquals(
      await app.rows(
        `select visitor_id, session_start, session_end, duration_seconds, pageview_count, bounce, entry_path, exit_path,
           referrer_type, user_agent from user_sessions`,
      ),
      [{
        visitor_id: "vis_b",
        session_start: new Date(at(100)),
        session_end: new Date(at(160)),
        duration_seconds: 60,
        pageview_count: 2,
        bounce: false,
        entry_path: "/a",
        exit_path: "/b",
        // Only the raw event knew.
        referrer_type: null,
        user_agent: null,
      }],
    );
    assertEquals(await app.rows("select unique_visitors, total_pageviews from daily_site_metrics"), [
      { unique_visitors: 1, total_pageviews: 2 },
    ]);
    assertEquals(await tablesWith(app.db, "vis_gone"), []);
  });

  test("a table that comes later is erased from and handed out, too", async () => {
    await using app = await testApp({ engine });
    await app.db.exec(`
      create table journeys (site_id text not null, session_id text not null, note text);
      create table profiles (site_id text not null, visitor_id text not null, note text);
      insert into journeys values ('example-com', 'sess_1', 'vis_gone'), ('example-com', 'sess_2', 'x');
      insert into profiles values ('example-com', 'vis_gone', 'y'), ('example-com', 'vis_b', 'z')`);
    await app.collect(pageview({ visitorId: "vis_gone" }));

    const record = await readVisitorRecord(app.db, { visitorId: "vis_gone" });
    await eraseVisitor(app.db, { visitorId: "vis_gone" });

    assertEquals(record.map(({ table }) => table), ["events_log", "journeys", "profiles"]);
    assertEquals(await app.rows("select note from journeys union all select note from profiles order by 1"), [
      { note: "x" },
      { note: "z" },
    ]);
  });

  test("an id is compared as it is, whatever it holds", async () => {
    await using app = await testApp({ engine });
    const ids = ["'; drop table sites; --", "100%", "_______", "vis\\_b", '"quoted"', "🦊 fox", "%s $1 {}"];
    for (const [i, visitorId] of ids.entries()) {
      await app.collect(pageview({ visitorId, sessionId: `sess_${i}` }));
    }
    await app.etl();
    for (const [i, visitorId] of ids.entries()) {
      assertEquals(
        (await readVisitorRecord(app.db, { visitorId })).map((
          { table, json },
        ) => [table, JSON.parse(json).visitor_id]),
        [
          ["events_log", visitorId],
          ["pageviews", visitorId],
          ["user_sessions", visitorId],
        ],
      );
      await eraseVisitor(app.db, { visitorId });
      assertEquals(await app.rows("select count(*) as left from user_sessions"), [{
        left: ids.length - 1 - i,
      }]);
    }
  });

  test("two erasures at once and an ETL beside them leave nothing of either, and nobody waits for ever", async () => {
    await using app = await testApp({ engine });
    await using without = await testApp({ engine });
    const events = mixedVisits({
      seed: 7,
      events: 150,
      sites: ["a"],
      visitors: VISITORS,
      sessions: 4,
      shared: true,
    });
    for (const event of events) {
      await app.collect(event);
      if (["vis_c", "robot"].includes(String(event.visitorId))) await without.collect(event);
    }

    const [first, second, jobs] = await Promise.all([
      eraseVisitor(app.db, { visitorId: "vis_gone" }),
      eraseVisitor(app.db, { visitorId: "vis_b" }),
      app.etl(),
    ]);

    assertEquals([first.length > 0, second.length > 0], [true, true]);
    assertEquals(jobs.filter(({ error }) => error !== undefined), []);
    await eraseTraces(app.db);
    assertEquals([...await tablesWith(app.db, "vis_gone"), ...await tablesWith(app.db, "vis_b")], []);
    await app.etl();
    await without.etl();
    assertEquals(await factsOf(app.db), await factsOf(without.db));
  });
}

Deno.test("erasing from a spool takes the visitor's events, waiting and refused, and leaves the others in order", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/spool.db`;
  const spool = new Spool(path, 10_000_000);
  const event = (visitor_id: string, n: number) =>
    storable({ row: eventRow(`/${n}`, { visitor_id }), agent: null });
  spool.append(["vis_b", "vis_gone", "vis_b", "vis_gone", "vis_b"].map(event));
  spool.forget(2, [{ place: 2, reason: "no reason" }]);

  const before = readSpooled(path, { visitorId: "vis_gone" }).map((json) => JSON.parse(json).row.path);
  const outcome = eraseSpooled(path, { visitorId: "vis_gone" });

  assertEquals(before, ["/3", "/1"]);
  assertEquals(outcome, { events: 2, lastPlace: 5 });
  // The collector, which has it open, goes on with what is left.
  assertEquals(spool.peek(10, 1_000_000).waiting.map(({ place, event }) => [place, event.row.path]), [
    [3, "/2"],
    [5, "/4"],
  ]);
  spool.forget(5, []);
  assertEquals([spool.size, spool.refused, eraseSpooled(path, { visitorId: "vis_gone" }).events], [0, 0, 0]);
  spool.close();
  const bytes = await Deno.readFile(path);
  assertEquals(new TextDecoder("latin1").decode(bytes).includes("vis_gone"), false);
  await Deno.remove(folder, { recursive: true });
});
