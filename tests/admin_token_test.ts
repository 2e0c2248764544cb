import { assertEquals } from "@std/assert";
import { timingSafeEqual } from "node:crypto";
import { Hono } from "hono";
import { AdminToken } from "../routes/admin_token.ts";
import type { Connection } from "../routes/services.ts";

Deno.test("the admin token is compared in constant time, by digests of one length", async () => {
  const lengths: number[][] = [];
  const token = new AdminToken("correct-token", 0, (a, b) => {
    lengths.push([a.byteLength, b.byteLength]);
    return timingSafeEqual(a, b);
  });
  const app = new Hono<Connection>();
  app.get("/:candidate", (c) => c.json(token.check(c, c.req.param("candidate"))));
  const candidates = ["correct-token", "correct-tokem", "correct", "x".repeat(5000), "%E2%98%83"];
  const answers = await Promise.all(
    candidates.map(async (candidate) => await (await app.request(`/${candidate}`)).json()),
  );
  assertEquals(answers, [true, false, false, false, false]);
  assertEquals(lengths, candidates.map(() => [32, 32]));
});
