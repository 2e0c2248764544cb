/** The yardstick of requests: the same framework reads the same body, stores nothing and answers as the collector does. */
import { Hono } from "hono";
import { log } from "../log.ts";

const app = new Hono();
app.post("/collect", async (c) => {
  await c.req.text();
  return c.json({ status: "accepted", accepted: 1 }, 202);
});
Deno.serve({
  port: 0,
  hostname: "127.0.0.1",
  onListen: ({ port }) => log.info("listening", { port }),
}, app.fetch);
