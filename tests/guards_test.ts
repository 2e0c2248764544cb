import { assertEquals } from "@std/assert";
import { Hono } from "hono";
import { AdminToken } from "../routes/admin_token.ts";
import { answerError } from "../routes/errors.ts";
import { createGuards } from "../routes/guards.ts";
import { type ReaderEnv, Readers } from "../routes/readers.ts";
import { Sessions } from "../routes/session.ts";
import { roles } from "./access_roles.ts";
import { ADMIN_TOKEN, testApp } from "./fixtures.ts";

Deno.test("readSite lets through whoever may see the site, and tells the route who that is", async () => {
  await using app = await testApp();
  const readers = new Readers(app.db, new AdminToken(ADMIN_TOKEN, 0), new Sessions(ADMIN_TOKEN, 0), 0);
  const api = new Hono<ReaderEnv>();
  api.get("/api/v1/sites/:site/stats", createGuards(readers).readSite, (c) => c.text(c.get("reader").kind));
  api.onError((error, c) => answerError(error, c));
  const answers: Record<string, unknown[]> = {};
  for (const [role, headers] of Object.entries(await roles(app))) {
    answers[role] = await Promise.all(["site-a", "site-b", "a%20b"].map(async (site) => {
      const response = await api.request(`/api/v1/sites/${site}/stats`, { headers });
      const text = await response.text();
      return response.ok ? text : response.status;
    }));
  }
  const stranger = [401, 401, 404];
  assertEquals(answers, {
    "stranger": stranger,
    "admin token": ["admin", "admin", 404],
    "admin cookie": ["admin", "admin", 404],
    "read key of A": ["key", 404, 404],
    "write key of A": ["key", 404, 404],
    "read key of B": [404, "key", 404],
    "read key of all": ["key", "key", 404],
    "write key of all": ["key", "key", 404],
    "share link of A": ["share", 401, 404],
    "share link of B": [401, "share", 404],
    "wrong token": stranger,
    "wrong token beside a cookie": stranger,
    "revoked key of A": stranger,
    "expired cookie": stranger,
    "cookie of another token": stranger,
    "tampered cookie": stranger,
    "expired share link of A": stranger,
  });
});
