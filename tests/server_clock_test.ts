import { assertEquals } from "@std/assert";
import { ServerClock } from "../db/server_clock.ts";
import { engines } from "./test_database.ts";

Deno.test("a server's clock is not known before it was heard", () => {
  const clock = new ServerClock();
  assertEquals([clock.isKnown, clock.after(1000)], [false, undefined]);
});

for (const engine of engines()) {
  Deno.test(`the server's clock has passed what was promised of it (${engine.name})`, async () => {
    await using db = await engine.migrated();
    const clock = new ServerClock();
    const ask = async () => (await db.query<{ now: Date }>("select clock_timestamp() as now"))[0]!.now;
    const late: number[] = [];
    for (let round = 0; round < 20; round++) {
      clock.heard(await ask());
      const promised = clock.after(2)!;
      const until = performance.now() + 2;
      while (performance.now() < until);
      const now = await ask();
      if (now < promised) late.push(promised.getTime() - now.getTime());
    }
    assertEquals(late, []);
  });
}
