import { setLogLevel } from "../log.ts";
import { assertEquals } from "@std/assert";
import { Availability } from "../db/availability.ts";
import { DatabaseUnavailable, StatementTimeout } from "../db/database.ts";

// These tests provoke what is logged.
setLogLevel("error");

Deno.test("whoever finds the database away says so; a probe finds it back, and tells the listeners", async () => {
  const returned = Promise.withResolvers<void>();
  let probes = 0;
  using availability = new Availability(() => {
    probes++;
    return probes < 3 ? Promise.reject(new Error(`away, probe ${probes}`)) : Promise.resolve();
  });
  availability.onReturn(returned.resolve);
  assertEquals(availability.absence, undefined);

  availability.lost(new DatabaseUnavailable("connect ECONNREFUSED 10.0.0.1:5432"));
  availability.lost(new StatementTimeout("once more"));
  assertEquals(availability.absence!.reason, "the database cannot be reached");

  await returned.promise;
  assertEquals([availability.absence, probes], [undefined, 3]);
});
