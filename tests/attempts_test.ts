import { assertEquals, assertThrows } from "@std/assert";
import { Attempts, guesser } from "../routes/attempts.ts";
import { TooFast } from "../routes/rate_limits.ts";

Deno.test("so many wrong attempts are admitted, then none until one more has come up", () => {
  const attempts = new Attempts({ burst: 3, seconds: 3600 });
  for (let i = 0; i < 3; i++) attempts.admit("198.51.100.1");
  const error = assertThrows(() => attempts.admit("198.51.100.1"), TooFast);
  assertEquals([error.by, error.retryAfterSeconds > 3500], ["attempts", true]);
  attempts.admit("198.51.100.2");
});

Deno.test("being right takes nothing, and gives nothing beyond what there was", () => {
  const attempts = new Attempts({ burst: 2, seconds: 3600 });
  for (let i = 0; i < 10; i++) {
    attempts.admit("a");
    attempts.forgive("a");
  }
  attempts.forgive("a");
  attempts.admit("a");
  attempts.admit("a");
  assertThrows(() => attempts.admit("a"), TooFast);
});

Deno.test("an IPv6 household guesses as one, and an address that is not public as well", () => {
  assertEquals(
    ["2001:4860:4860:1::1", "2001:4860:4860:1:ffff::2", "192.168.0.9", "127.0.0.1", undefined].map(guesser),
    ["2001:4860:4860:1::", "2001:4860:4860:1::", "192.168.0.9", "127.0.0.1", "unknown"],
  );
});
