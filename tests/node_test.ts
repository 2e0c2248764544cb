import { assertEquals } from "@std/assert";
import { basename, dirname } from "node:path";
import { ADMIN_TOKEN, anyServer, pageview } from "./fixtures.ts";
import { serveProgram } from "./served_process.ts";

// Node has all that the app asks for from here on.
const OLDEST = 20;
const node = await nodeVersion();

Deno.test({
  name:
    "built for Node, the collector stores an event, runs the jobs when it is asked to, and ends when it is told to",
  ignore: node < OLDEST && Deno.env.get("CI") === undefined,
  async fn() {
    if (node < OLDEST) throw new Error(`There is no Node ${OLDEST} or later: install one`);
    const folder = await Deno.makeTempDir({ prefix: "footfall-node-" });
    await build(folder);
    await using db = await anyServer().migrated();
    await using server = await serveProgram("node", [`${folder}/web/server.mjs`], {
      DATABASE_URL: db.url,
      ADMIN_TOKEN,
      OPEN_REGISTRATION: "true",
      // The private address of the test would be kept as it is.
      IP_MODE: "full",
    });
    const ask = async (path: string, init: RequestInit = {}) => {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
      const response = await fetch(`${server.url}${path}`, { ...init, headers });
      return { status: response.status, body: await response.json() };
    };

    assertEquals((await ask("/health")).status, 200);
    const eventId = crypto.randomUUID();
    const posted = await ask("/collect", { method: "POST", body: JSON.stringify(pageview({ eventId })) });
    assertEquals(posted, { status: 202, body: { status: "accepted", accepted: 1, event_id: eventId } });
    assertEquals(await db.query("select host(ip_address) as address from events_log"), [{
      address: "127.0.0.1",
    }]);
    const [{ eventType, count }] = (await ask("/etl/status")).body.pending;
    assertEquals({ eventType, count }, { eventType: "pageview", count: 1 });
    assertEquals((await ask("/etl/run", { method: "POST" })).status, 200);
    assertEquals(await db.query("select event_id::text, path from pageviews"), [
      { event_id: eventId, path: "/products" },
    ]);
    const tracker = await fetch(`${server.url}/tracking.js`);
    assertEquals(
      await tracker.text(),
      await Deno.readTextFile(new URL("../web/dist/tracking.js", import.meta.url)),
    );
    assertEquals(await server.stop("SIGTERM"), 0);
    await Deno.remove(folder, { recursive: true });
  },
});

/** Into a folder that is named from where it is called, as the guide does. */
async function build(folder: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("../hosts/node_bundle.ts", import.meta.url).pathname, basename(folder)],
    cwd: dirname(folder),
    stdin: "null",
    stdout: "null",
  }).output();
  // Where packages are fetched for it, Deno says so there.
  assertEquals(success, true, new TextDecoder().decode(stderr));
}

/** 0 where there is none. */
async function nodeVersion(): Promise<number> {
  try {
    const { stdout } = await new Deno.Command("node", { args: ["--version"] }).output();
    return Number(/^v(\d+)/.exec(new TextDecoder().decode(stdout))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
