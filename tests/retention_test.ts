import { assertEquals } from "@std/assert";
import { applyRetention, previewRetention, valueOf } from "../db/retention.ts";
import { type TestApp, testApp } from "./fixtures.ts";
import { engines } from "./test_database.ts";

/** Months since January 2026; the server's clock is past them all. */
async function makeMonths(app: TestApp): Promise<void> {
  await app.db.exec(`
    alter table events_log detach partition events_log_history;
    drop table events_log_history;
    create table events_log_history partition of events_log for values from (minvalue) to ('2020-01-01');
    select add_events_log_months(now() - interval '13 months', now())`);
}

/** A row of the site for each age in days, processed when it came. */
async function addProcessed(app: TestApp, site: string, ages: number[]): Promise<void> {
  await app.rows(
    `insert into events_log (event_type, session_id, visitor_id, site_id, timestamp, raw_event_data, created_at, processed_at)
     select 'pageview', 's', 'v', $1, now(), '{}', at, at
     from (select now() - make_interval(days => age) as at from unnest($2::integer[]) as age) aged`,
    [site, ages],
  );
}

/** The ages in days of what is left, by site. */
async function agesLeft(app: TestApp): Promise<Record<string, number[]>> {
  const rows = await app.rows(
    `select site_id, array_agg(round(extract(epoch from now() - created_at) / 86400)::integer order by created_at desc) as ages
     from events_log group by site_id order by site_id`,
  );
  return Object.fromEntries(rows.map(({ site_id, ages }) => [site_id, ages as number[]]));
}

async function monthsBefore(app: TestApp, days: number): Promise<number> {
  const [row] = await app.rows(
    "select count(*) as months from events_log_months() where ends <= now() - make_interval(days => $1)",
    [days],
  );
  return row!.months as number;
}

const SITES =
  "insert into sites (site_id, retention_days) values ('short', 30), ('long', 300), ('usual', null)";
const AGES = [1, 20, 40, 80, 100, 200, 310, 390];
const LEFT = {
  long: [1, 20, 40, 80, 100, 200],
  never_added: [1, 20, 40, 80],
  short: [1, 20],
  usual: [1, 20, 40, 80],
};

for (const engine of engines()) {
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${engine.name})`, fn);

  for (
    const [how, remove] of [
      ["the job", async (app: TestApp) => void await app.etl()],
      ["the procedure", async (app: TestApp) => void await app.rows("call cleanup_processed_events(90)")],
      ["the command", async (app: TestApp) => void await applyRetention(valueOf(app.db), 90)],
    ] as const
  ) {
    test(`each site's raw events stay for its own retention: ${how}`, async () => {
      await using app = await testApp({ engine, own: true });
      await makeMonths(app);
      await app.rows(SITES);
      for (const site of Object.keys(LEFT)) await addProcessed(app, site, AGES);
      await app.rows(
        `insert into failed_events (id, site_id, event_id, reason, event, failed_at)
         select 1, site_id, gen_random_uuid(), 'none', '{}', now() - interval '60 days' from sites`,
      );

      await remove(app);

      assertEquals(await agesLeft(app), LEFT);
      assertEquals(await app.rows("select site_id from failed_events order by 1"), [
        { site_id: "long" },
        { site_id: "usual" },
      ]);
      // Of the months past every retention none is left; one that ended after 200 days ago has a row that is kept.
      assertEquals(await monthsBefore(app, 301), 0);
      assertEquals(await monthsBefore(app, 165) > 0, true);
    });
  }

  test("a month goes once no site keeps a row of it, however long others keep theirs", async () => {
    await using app = await testApp({ engine, own: true });
    await makeMonths(app);
    await app.rows(SITES);
    await addProcessed(app, "short", [70, 75]);
    await addProcessed(app, "long", [1]);
    await app.rows("call cleanup_processed_events(90)");
    assertEquals(await agesLeft(app), { long: [1] });
    // All that ended a month ago was empty, or full of what is past the shortest retention.
    assertEquals(await monthsBefore(app, 30), 0);
  });

  for (const sorted of [true, false]) {
    test(`retention that changes, and rows by hand with odd times: ${sorted ? "with" : "without"} the months' B-trees`, async () => {
      await using app = await testApp({ engine, own: true });
      await makeMonths(app);
      await app.rows(SITES);
      const purge = async () => {
        if (sorted) await app.rows("select sort_closed_months()");
        await app.rows("call cleanup_processed_events(90)");
        return await agesLeft(app);
      };
      // In the month that is written to: what waited for long, and a clock that ran ahead.
      await app.rows(
        `insert into events_log (event_type, site_id, timestamp, raw_event_data, created_at, processed_at)
         select 'pageview', site_id, now(), '{}', now() - make_interval(days => age), now()
         from unnest('{short,long,usual,never_added}'::text[]) as site_id, unnest('{-5,0,50,150,4000}'::integer[]) as age`,
      );
      await addProcessed(app, "long", [150]);
      assertEquals(await purge(), {
        long: [-5, 0, 50, 150, 150],
        never_added: [-5, 0, 50],
        short: [-5, 0],
        usual: [-5, 0, 50],
      });

      // Behind what was looked at already, in a month that is closed.
      await app.rows(
        `insert into events_log (event_type, site_id, timestamp, raw_event_data, created_at, processed_at)
         select 'pageview', site_id, now(), '{}', now() - interval '500 days', now() - interval '150 days'
         from unnest('{short,long,usual}'::text[]) as site_id`,
      );
      await app.rows("update sites set retention_days = 400 where site_id = 'short'");
      await app.rows("update sites set retention_days = 100 where site_id = 'long'");
      await addProcessed(app, "short", [150]);
      assertEquals(await purge(), {
        long: [-5, 0, 50],
        never_added: [-5, 0, 50],
        short: [-5, 0, 150],
        usual: [-5, 0, 50],
      });

      await app.rows("update sites set retention_days = 1 where site_id = 'short'");
      await app.rows("update sites set retention_days = 20 where site_id = 'usual'");
      assertEquals(await purge(), {
        long: [-5, 0, 50],
        never_added: [-5, 0, 50],
        short: [-5, 0],
        usual: [-5, 0],
      });
      assertEquals(await previewRetention(app.db, 90), []);
    });
  }

  test("a month that is closed gets its B-tree once, and one that is written to none", async () => {
    await using app = await testApp({ engine, own: true });
    await makeMonths(app);
    const [months] = await app.rows(
      "select count(*) as closed from events_log_archive() where ends <= now()",
    );
    assertEquals(await app.rows("select sort_closed_months() as sorted"), [{
      sorted: months!.closed as number + 1,
    }]);
    assertEquals(await app.rows("select sort_closed_months() as sorted"), [{ sorted: 0 }]);
    assertEquals(
      await app.rows(
        "select distinct coalesce(ends <= now(), true) as sorted from events_log_archive() where is_sorted_by_site(name)",
      ),
      [{ sorted: true }],
    );
  });

  test("what is deleted goes piece by piece, and times that many rows share hold nothing up", async () => {
    await using app = await testApp({ engine });
    await app.rows("insert into sites (site_id, retention_days) values ('short', 1)");
    await app.rows(
      `insert into events_log (event_type, site_id, timestamp, raw_event_data, created_at, processed_at)
       select 'pageview', case when i % 5 = 0 then 'other' else 'short' end, now(), '{}', now() - make_interval(days => 2 + i / 9000), now()
       from generate_series(1, 31250) i`,
    );
    const pieces: number[] = [];
    const ask = valueOf(app.db);
    const removed = await applyRetention(async (expression, params) => {
      const value = await ask<{ rows: number }>(expression, params);
      if (expression.includes("delete_expired_piece")) pieces.push(value!.rows);
      return value as never;
    }, 90);
    assertEquals(removed, 25_000);
    assertEquals(pieces, [10_000, 10_000, 5_000, 0]);
    assertEquals(await app.rows("select site_id, count(*) from events_log group by 1"), [
      { site_id: "other", count: 6_250 },
    ]);
  });

  test("what would go is told by partition and site, and is what goes", async () => {
    await using app = await testApp({ engine, own: true });
    await makeMonths(app);
    await app.rows(SITES);
    await addProcessed(app, "short", [45, 45, 1]);
    await addProcessed(app, "long", [45]);
    await addProcessed(app, "usual", [390, 390, 390]);
    await addProcessed(app, "never_added", [390]);
    const expected = await previewRetention(app.db, 90);
    const told = expected.filter(({ rows }) => rows > 0).map(({ site, rows, how }) => [site, rows, how]);
    assertEquals(told, [["never_added", 1, "dropped"], ["usual", 3, "dropped"], ["short", 2, "deleted"]]);
    const [month] = await app.rows(
      `select tableoid::regclass::text as name, pg_total_relation_size(tableoid) as bytes
       from events_log where site_id = 'usual' limit 1`,
    );
    assertEquals(
      expected.filter(({ what }) => what === month!.name).map(({ bytes }) => bytes),
      [Math.round(Number(month!.bytes) / 4), Math.round(Number(month!.bytes) * 3 / 4)],
    );
    // Months without a row are dropped, too.
    assertEquals(expected.filter(({ rows }) => rows === 0).map(({ site, how }) => [site, how])[0], [
      null,
      "dropped",
    ]);

    await applyRetention(valueOf(app.db), 90);
    assertEquals(await previewRetention(app.db, 90), []);
    assertEquals(await agesLeft(app), { long: [45], short: [1] });
  });
}
