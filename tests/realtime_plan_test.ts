import { assertEquals } from "@std/assert";
import { fillYear, SITES } from "../bench/year.ts";
import type { Queryable } from "../db/database.ts";
import { realtime } from "../db/stats/realtime.ts";
import { anyServer } from "./fixtures.ts";

Deno.test("who is there now is found without reading what happened before", async () => {
  await using db = await anyServer().migrated();
  await fillYear(db, 20_000);
  const plans: string[] = [];
  const explaining = {
    query: async (sql: string, values: unknown[]) => {
      const rows = await db.query<{ "QUERY PLAN": string }>(`explain ${sql}`, values);
      plans.push(rows.map((row) => row["QUERY PLAN"]).join("\n"));
      return await db.query(sql, values);
    },
  } as unknown as Queryable;

  const { visitors } = await realtime(explaining, SITES[0]!, new Date());

  assertEquals(visitors, 0);
  const scans = plans.flatMap((plan) => plan.match(/\S.* on (pageviews|user_events)\b/g) ?? [])
    .map((line) => line.replace("->", "").trim());
  assertEquals(scans.map((scan) => scan.replace(/ using .*/, "")), ["Index Scan", "Index Scan"]);
});
