import type { Database } from "../db/database.ts";
import { EventWriter } from "../db/event_writer.ts";
import { SiteDirectory } from "../db/site_directory.ts";
import { dailySalts } from "../db/visitor_salts.ts";
import { VisitorDirectory } from "../events/visitor.ts";
import { createApp } from "../routes/app.ts";
import { webAssets } from "../web/assets.ts";
import { pageview } from "../tests/fixtures.ts";
import { ratio, secondsOf, withBenchDatabase } from "./database.ts";

const REQUESTS = 8_000;

/**
 * `POST /collect`, durable, against an echo that reads the same body and stores nothing: requests a second, over the
 * loopback, server and clients in this process.
 */
export async function benchCollect(serverUrl: string): Promise<string[]> {
  return await withBenchDatabase(serverUrl, async (db) => {
    const echo = await serve(async (request) => Response.json({ length: (await request.text()).length }));
    const collector = await serve(await collectorOn(db));
    const lines: string[] = [];
    for (const connections of [1, 64, 256]) {
      await load(echo.url, connections, REQUESTS / 8);
      await load(collector.url, connections, REQUESTS / 8);
      const yardstick = await load(echo.url, connections, REQUESTS);
      const figure = await load(collector.url, connections, REQUESTS);
      lines.push(
        `${connections} connections: ${ratio(figure, yardstick)} of an echo's requests a second (${
          Math.round(figure)
        }/s)`,
      );
    }
    await Promise.all([echo.close(), collector.close()]);
    return lines;
  });
}

async function collectorOn(db: Database): Promise<(request: Request) => Response | Promise<Response>> {
  const app = createApp({
    db,
    events: new EventWriter(db),
    sites: new SiteDirectory(db),
    visitors: new VisitorDirectory(dailySalts(db)),
    assets: await webAssets(),
    runJobs: () => Promise.resolve([]),
  }, {
    adminToken: "bench-token",
    openRegistration: true,
    trustProxy: 0,
    ipMode: "truncate",
    trackerPaths: [],
    collectPaths: [],
    dev: false,
  });
  return (request) => app.fetch(request, { remoteAddr: { hostname: "127.0.0.1" } });
}

async function serve(
  handler: (request: Request) => Response | Promise<Response>,
): Promise<{ url: string; close(): Promise<void> }> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: ({ port }) => resolve(port) },
    handler,
  );
  return { url: `http://127.0.0.1:${await promise}/collect`, close: () => server.shutdown() };
}

/** Posts `requests` events over `connections` at a time; answers requests a second. */
async function load(url: string, connections: number, requests: number): Promise<number> {
  let left = requests;
  const client = async () => {
    while (left-- > 0) {
      const response = await fetch(url, { method: "POST", body: EVENT });
      if (response.status >= 300) throw new Error(`${url} answered ${response.status}`);
      await response.body?.cancel();
    }
  };
  const seconds = await secondsOf(() => Promise.all(Array.from({ length: connections }, client)));
  return requests / seconds;
}

const EVENT = JSON.stringify(pageview());
