import { assertObjectMatch } from "@std/assert";
import { QUESTIONS } from "../bench/questions.ts";
import { fillFacts, rollUp, writeRows } from "../bench/two_years.ts";
import { engines } from "./test_database.ts";

for (const engine of engines()) {
  Deno.test(`each question says what plain SQL over the facts says (${engine.name})`, async (t) => {
    await using db = await engine.migrated();
    await fillFacts(db, { pageviews: 2_000, days: 60 });
    await writeRows(db);
    await rollUp(db);
    // All of it, as a session that goes on past the range's end is counted in two ways.
    const [range] = await db.query<{ from: string; to: string }>(
      `select (current_date - 60)::text as "from", (current_date + 1)::text as "to"`,
    );
    for (const { name, site, ask, raw } of QUESTIONS) {
      if (raw === undefined) continue;
      const query = { site, timezone: "UTC", range: range!, filters: [] };
      await t.step(name, async () => {
        assertObjectMatch({ answer: await ask(db, query, new Date()) }, { answer: await raw(db, query) });
      });
    }
  });
}
