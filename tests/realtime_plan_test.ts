import { assertEquals } from "@std/assert";
import { BUSIEST, fillFacts } from "../bench/two_years.ts";
import type { Queryable } from "../db/database.ts";
import { realtime } from "../db/stats/realtime.ts";
import { anyServer } from "./fixtures.ts";

const DAY_MS = 86_400_000;

Deno.test("who is there now is found without reading what happened before", async () => {
  await using db = await anyServer().migrated();
  await fillFacts(db, { pageviews: 20_000, days: 365, until: new Date(Date.now() - DAY_MS) });
  const plans: string[] = [];
  const explaining = {
    query: async (sql: string, values: unknown[]) => {
      const rows = await db.query<{ "QUERY PLAN": string }>(`explain ${sql}`, values);
      plans.push(rows.map((row) => row["QUERY PLAN"]).join("\n"));
      return await db.query(sql, values);
    },
  } as unknown as Queryable;

  const { visitors } = await realtime(explaining, BUSIEST, new Date());

  assertEquals(visitors, 0);
  const scans = plans.flatMap((plan) => plan.match(/\S.* on (pageviews|user_events)\b/g) ?? [])
    .map((line) => line.replace("->", "").trim());
  assertEquals(scans.map((scan) => scan.replace(/ using .*/, "")), ["Index Scan", "Index Scan"]);
});
