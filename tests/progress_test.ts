import { assertEquals } from "@std/assert";
import { formatProgress } from "../commands/progress.ts";

Deno.test("a progress line tells what is done, how fast, and the time left", () => {
  const cases: [number, number, number, string][] = [
    [0, 600_000, 0, "░░░░░░░░░░░░░░░░░░░░░░░░  0 of 600,000 rows  0 rows/s"],
    [150_000, 600_000, 10, "██████░░░░░░░░░░░░░░░░░░  150,000 of 600,000 rows  15,000 rows/s  30 s left"],
    [10_000, 600_000, 3.5, "░░░░░░░░░░░░░░░░░░░░░░░░  10,000 of 600,000 rows  2,857 rows/s  3 min 27 s left"],
    [600_000, 600_000, 40, "████████████████████████  600,000 of 600,000 rows  15,000 rows/s  0 s left"],
  ];
  for (const [done, total, seconds, line] of cases) {
    assertEquals(formatProgress("rows", done, total, seconds), line);
  }
});
