import { assertEquals } from "@std/assert";
import { parse } from "@std/csv/parse";
import { formatCsvRow, guardCell } from "../commands/csv.ts";
import { exportPages, type ExportTable } from "../db/export.ts";
import { pageview, testApp } from "./fixtures.ts";
import { footfall, footfallCommand } from "./footfall_process.ts";
import { engines, servers, testDatabase } from "./test_database.ts";
import { mixedVisits } from "./visits.ts";

const DAYS = ["--from", "2026-03-10", "--to", "2026-03-12"];
const TABLES: Record<ExportTable, string> = {
  events: "user_events",
  pageviews: "pageviews",
  sessions: "user_sessions",
  forms: "form_submissions",
};

for (const engine of engines()) {
  Deno.test(`an export's pages hold each row of the days once, in the order of time, however small they are (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    const events = mixedVisits({
      seed: 3,
      events: 80,
      sites: ["a", "b"],
      visitors: ["v", "w"],
      sessions: 3,
      shared: false,
    });
    for (const event of events) await app.collect(event);
    await app.etl();
    // Of one moment, which a page may end in.
    await app.db.exec(`update user_sessions set session_start = timestamptz '2026-03-11 00:00:00.123456Z'`);
    for (const [table, name] of Object.entries(TABLES) as [ExportTable, string][]) {
      const { time, id } = {
        events: { time: "event_timestamp", id: "id" },
        pageviews: { time: "view_timestamp", id: "id" },
        sessions: { time: "session_start", id: "session_id" },
        forms: { time: "submit_timestamp", id: "id" },
      }[table];
      const query = { siteId: "a", table, from: "2026-03-11", to: "2026-03-11" };
      const rows = async (pageRows: number) =>
        (await Array.fromAsync(exportPages(app.db, query, "json", pageRows))).flatMap(({ json }) => json)
          .map((line) => JSON.parse(line)[id]);
      const expected = (await app.rows(
        `select ${id} as id from ${name} where site_id = 'a' and ${time} >= '2026-03-11Z' and ${time} < '2026-03-12Z' order by ${time}, ${id}`,
      )).map(({ id }) => id);

      assertEquals(expected.length > 2, true);
      assertEquals([await rows(1), await rows(2), await rows(1_000)], [expected, expected, expected]);
    }
  });
}

Deno.test("footfall export writes CSV that reads back as the rows, and NDJSON that tells null from nothing", async () => {
  await using app = await testApp();
  const cwd = await Deno.makeTempDir();
  const titles = [
    'a "quoted", title',
    "two\nlines",
    "cr\r\nlf",
    "🦊 Füchse",
    "=1+1",
    " blanks ",
    "-5",
    "@x",
    "",
  ];
  for (const [i, title] of titles.entries()) {
    await app.collect(
      pageview({
        sessionId: `s${i}`,
        page: { title, url: "https://example.com/" },
        timestamp: `2026-03-10T12:00:0${i}.000Z`,
      }),
    );
  }
  await app.etl();
  const run = (...args: string[]) =>
    footfall(cwd, ["export", "--site", "example-com", "--table", "pageviews", ...DAYS, ...args], {
      DATABASE_URL: app.db.url,
    });
  const columns = (await app.rows(
    "select attname from pg_attribute where attrelid = 'pageviews'::regclass and attnum > 0 order by attnum",
  )).map(({ attname }) => attname);
  const stored = await app.rows(
    "select id, session_id, title, internal_referrer from pageviews order by view_timestamp",
  );

  const csv = await run("--unguarded");
  const guarded = await run();
  const ndjson = await run("--format", "ndjson", "--output", "views.ndjson");

  const [header, ...lines] = parse(csv.stdout);
  const read = lines.map((cells) => Object.fromEntries(header!.map((name, i) => [name, cells[i]])));
  assertEquals(header, columns);
  assertEquals(
    read.map(({ id, session_id, title, internal_referrer }) => ({
      id,
      session_id,
      title,
      internal_referrer,
    })),
    stored.map((row) => ({
      id: String(row.id),
      session_id: row.session_id as string,
      // The reader makes one of them of all line ends; the writer keeps them.
      title: String(row.title ?? "").replace("\r\n", "\n"),
      internal_referrer: String(row.internal_referrer),
    })),
  );
  assertEquals(read[0]!.view_timestamp, "2026-03-10T12:00:00.000000Z");
  assertEquals(csv.stdout.includes(',"cr\r\nlf",'), true);
  assertEquals(parse(guarded.stdout).slice(1).map((cells) => cells[columns.indexOf("title")]), [
    'a "quoted", title',
    "two\nlines",
    "cr\nlf",
    "🦊 Füchse",
    "'=1+1",
    " blanks ",
    "-5",
    "'@x",
    "",
  ]);
  assertEquals([ndjson, csv.code, csv.stderr, guarded.code], [
    { code: 0, stdout: `exported: ${stored.length} rows to views.ndjson\n`, stderr: "" },
    0,
    "",
    0,
  ]);
  const objects = (await Deno.readTextFile(`${cwd}/views.ndjson`)).trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  assertEquals(
    objects.map(({ id, session_id, title, internal_referrer }) => ({
      id,
      session_id,
      title,
      internal_referrer,
    })) as unknown,
    stored,
  );
  assertEquals((await Array.fromAsync(Deno.readDir(cwd))).map(({ name }) => name), ["views.ndjson"]);
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("a cell that a spreadsheet would run is made text, a number is left alone", () => {
  const cases: [string | null, string | null][] = [
    ["=HYPERLINK(1)", "'=HYPERLINK(1)"],
    ["+49 30 1234", "'+49 30 1234"],
    ["-2+3", "'-2+3"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "'\t=1"],
    ["-12.5", "-12.5"],
    ["+7", "+7"],
    ["a=b", "a=b"],
    ["", ""],
    [null, null],
  ];
  for (const [cell, expected] of cases) assertEquals([cell, guardCell(cell)], [cell, expected]);
});

Deno.test("a CSV row quotes what RFC 4180 wants quoted, and tells null from an empty text", () => {
  assertEquals(
    formatCsvRow(["plain", "a,b", 'a"b', "cr\rlf", "lf\n", "", null, " "]),
    'plain,"a,b","a""b","cr\rlf","lf\n","",, \r\n',
  );
});

Deno.test("footfall export --visitor hands out everything of a visitor as one JSON object", async () => {
  await using app = await testApp();
  const cwd = await Deno.makeTempDir();
  await app.collect(pageview({ visitorId: "vis_me", siteId: "a" }));
  await app.collect(pageview({ visitorId: "vis_other", sessionId: "sess_2", siteId: "a" }));
  await app.etl();
  await app.collect(pageview({ visitorId: "vis_me", siteId: "b", eventType: "form_submit" }));
  const run = async (visitor: string, ...args: string[]) =>
    JSON.parse(
      (await footfall(cwd, ["export", "--visitor", visitor, ...args], { DATABASE_URL: app.db.url })).stdout,
    );
  const counts = ({ tables }: { tables: Record<string, { visitor_id: string }[]> }) =>
    Object.entries(tables).map((
      [name, rows],
    ) => [name, rows.length, [...new Set(rows.map((row) => row.visitor_id))]]);

  assertEquals(counts(await run("vis_me")), [
    ["events_log", 2, ["vis_me"]],
    ["pageviews", 1, ["vis_me"]],
    ["user_sessions", 1, ["vis_me"]],
  ]);
  assertEquals(counts(await run("vis_me", "--site", "b")), [["events_log", 1, ["vis_me"]]]);
  assertEquals((await run("nobody")).tables, {});
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("an export whose reader goes away ends quietly, without reading on", async () => {
  await using db = await testDatabase(servers()[0]!);
  const cwd = await Deno.makeTempDir();
  await db.exec(`
    insert into sites (site_id) values ('a');
    insert into pageviews (session_id, visitor_id, site_id, url, path, view_timestamp)
    select 's', 'v', 'a', repeat('x', 200), '/', timestamptz '2026-03-10 12:00Z' + i * interval '1 ms'
    from generate_series(1, 60000) i`);
  const child = footfallCommand(cwd, ["export", "--site", "a", "--table", "pageviews", ...DAYS], {
    DATABASE_URL: db.url,
  }, {
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  const [{ code }, stderr] = await Promise.all([child.status, new Response(child.stderr).text()]);

  assertEquals([new TextDecoder().decode(value).split(",")[0], code, stderr], ["id", 0, ""]);
  await Deno.remove(cwd, { recursive: true });
});
