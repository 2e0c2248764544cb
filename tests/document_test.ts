import { assert, assertEquals } from "@std/assert";
import { pageview, testApp } from "./fixtures.ts";
import { engines } from "./test_database.ts";

const DOCUMENT = await Deno.readTextFile(new URL("./spec/schema.md", import.meta.url));

/** The document's SQL, a statement each, without comments. */
const STATEMENTS = [...DOCUMENT.matchAll(/```sql\n(.*?)```/gs)]
  .flatMap(([, block]) => block!.replace(/--.*$/gm, "").split(/;\s*$/m))
  .map((statement) => statement.trim())
  .filter((statement) => statement !== "");

const creates = (what: string) => STATEMENTS.filter((statement) => statement.startsWith(`CREATE ${what} `));
const others = STATEMENTS.filter((statement) => !statement.startsWith("CREATE "));

// Columns that Postgres 13 renamed, two that pg_stat_user_indexes never had, and a name that needs a cast to be a table;
// docs/tables.md gives the right queries.
const CORRECTIONS: [RegExp, string][] = [
  [/\btotal_time\b/g, "total_exec_time"],
  [/\bmean_time\b/g, "mean_exec_time"],
  [/\btablename,\s+indexname,\s+idx_scan/, "relname, indexrelname, idx_scan"],
  [/pg_total_relation_size\(tablename\)/g, "pg_total_relation_size(tablename::text)"],
];

function correct(statement: string): string {
  return CORRECTIONS.reduce((text, [wrong, right]) => text.replace(wrong, right), statement);
}

Deno.test("the document's copy holds its statements", () => {
  assertEquals([creates("TABLE").length, creates("INDEX").length, creates("VIEW").length, others.length], [
    6,
    6,
    3,
    27,
  ]);
});

for (const engine of engines()) {
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${engine.name})`, fn);

  test("every table of the document is here, each column as wide or wider", async () => {
    await using app = await testApp({ engine, own: true });
    await app.db.exec(
      `create schema document; set search_path to document; ${
        creates("TABLE").concat(creates("INDEX")).join(";\n")
      }; reset search_path`,
    );
    const missing = await app.rows(
      `with columns as (
         select n.nspname as schema, c.relname as "table", a.attname as "column", t.typname as type, a.atttypmod as typmod,
           case t.typname when 'int4' then 'integer' when 'int8' then 'integer' when 'varchar' then 'text' else t.typname end as kind
         from pg_attribute a
         join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p')
         join pg_namespace n on n.oid = c.relnamespace
         join pg_type t on t.oid = a.atttypid
         where a.attnum > 0 and not a.attisdropped
       )
       select d."table", d."column", d.type, o.type as ours
       from columns d
       left join columns o on o.schema = 'public' and o."table" = d."table" and o."column" = d."column"
       where d.schema = 'document'
         and (o."column" is null or o.kind <> d.kind or (o.type = 'int4' and d.type = 'int8') or (o.typmod < d.typmod and o.typmod <> -1))`,
    );
    assertEquals(missing, []);
    const indexes = await app.rows(
      `select d.indexname from pg_indexes d
       where d.schemaname = 'document' and d.indexname like 'idx%'
         and not exists (
           select from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname = 'public' and c.relname = d.indexname and c.relkind in ('i', 'I')
         )`,
    );
    assertEquals(indexes, []);
  });

  test("every view of the document can be made on our tables, and ours have its columns", async () => {
    await using app = await testApp({ engine, own: true });
    await app.db.exec(
      `create schema document; set search_path to document, public; ${
        creates("VIEW").join(";\n")
      }; reset search_path`,
    );
    const views = await app.rows(
      "select table_name from information_schema.views where table_schema = 'document' order by 1",
    );
    assertEquals(views, [{ table_name: "active_sessions" }, { table_name: "page_performance" }, {
      table_name: "traffic_sources",
    }]);
    const columns = (schema: string) =>
      app.rows(
        "select table_name, column_name from information_schema.columns where table_schema = $1 and table_name in (select table_name from information_schema.views where table_schema = 'document') order by 1, 2",
        [schema],
      );
    assertEquals(await columns("public"), await columns("document"));
  });

  test("every call, query and maintenance command of the document runs on our schema", async () => {
    await using app = await testApp({ engine, own: true });
    // The funnel divides by the visitors of the contact page.
    const timestamp = new Date().toISOString();
    await app.collect(
      ["/products.html", "/contact.html"].map((path) =>
        pageview({ timestamp, path, url: `https://example.com${path}?utm_source=a` })
      ),
    );
    await app.etl();
    for (const statement of others.map(correct)) {
      if (statement.includes("pg_stat_statements") && !await offersStatementStatistics(app.rows)) continue;
      try {
        // Alone each: VACUUM and REINDEX refuse company.
        await app.db.exec(statement);
      } catch (error) {
        throw new Error(`${statement}\n→ ${(error as Error).message}`);
      }
    }
    assertEquals(await app.rows("select count(*) as waiting from events_log where processed_at is null"), [{
      waiting: 0,
    }]);
  });
}

/** Whether the server was started with pg_stat_statements, which takes a setting of the whole server. */
async function offersStatementStatistics(
  rows: (sql: string) => Promise<Record<string, unknown>[]>,
): Promise<boolean> {
  const [row] = await rows("select current_setting('shared_preload_libraries') as loaded");
  if (!String(row?.loaded).includes("pg_stat_statements")) return false;
  await rows("create extension if not exists pg_stat_statements");
  return true;
}

Deno.test("only the monitoring columns that we know of differ from the document", () => {
  const corrected = others.filter((statement) => correct(statement) !== statement);
  assertEquals(corrected.map((statement) => /FROM (\w+)/.exec(statement)?.[1]), [
    "pg_stat_statements",
    "pg_stat_user_indexes",
    "pg_tables",
  ]);
  assert(corrected.every((statement) => statement.startsWith("SELECT")));
});
