import { assertObjectMatch } from "@std/assert";
import { QUESTIONS } from "../bench/questions.ts";
import { fillYear, rollUpSite, SITES } from "../bench/year.ts";
import { engines } from "./test_database.ts";

for (const engine of engines()) {
  Deno.test(`each question says what plain SQL over the facts says (${engine.name})`, async (t) => {
    await using db = await engine.migrated();
    await fillYear(db, 2_000);
    await rollUpSite(db, SITES[0]!);
    // All of it, as a session that goes on past the range's end is told in two ways.
    const [range] = await db.query<{ from: string; to: string }>(
      `select (current_date - 366)::text as "from", (current_date + 1)::text as "to"`,
    );
    const query = { site: SITES[0]!, timezone: "UTC", range: range!, filters: [] };
    for (const { name, ask, raw } of QUESTIONS) {
      if (raw === undefined) continue;
      await t.step(name, async () => {
        assertObjectMatch({ answer: await ask(db, query) }, { answer: await raw(db, query) });
      });
    }
  });
}
