/**
 * Serves on Node 20 and later: all that Node needs and `main.ts` does not have. Built by `hosts/node_bundle.ts`.
 *
 * It runs no crons: `POST /etl/run`, called every minute from outside, does.
 */
import "./node_20.ts";
import { serve } from "@hono/node-server";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { ConfigError, readConfig } from "../config.ts";
import { log, printError, setLogLevel } from "../log.ts";
import { cannotListen } from "../listening.ts";
import { StartError, startSystem } from "../system.ts";

// As in main.ts.
const REQUESTS_GRACE_MS = 2_500;
const GRACE_MS = 4_500;

try {
  await run();
} catch (error) {
  const isExpected = error instanceof ConfigError || error instanceof StartError;
  printError(isExpected ? error.message : String((error as Error).stack ?? error));
  process.exit(1);
}

async function run(): Promise<void> {
  const config = readConfig("start");
  setLogLevel(config.logLevel);
  const stopping = new AbortController();
  const system = await startSystem(config, "start", stopping.signal);
  const server = serve({
    port: config.port,
    hostname: config.host,
    // The same as Deno's server tells: where the connection comes from.
    fetch: (request, { incoming }) =>
      system.app.fetch(request, { remoteAddr: { hostname: incoming.socket.remoteAddress } }),
  }, ({ address, port }: AddressInfo) => {
    log.info("listening", { hostname: address, port, database: system.databaseName });
  });
  server.once("error", (error: Error) => {
    printError(cannotListen(error, config).message);
    process.exit(1);
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stop(signal));

  async function stop(signal: string): Promise<void> {
    log.info("stopping: finishing what is under way", { signal });
    stopping.abort();
    setTimeout(() => process.exit(0), GRACE_MS);
    const finished = new Promise<void>((resolve) => server.close(() => resolve()));
    system.hurry();
    await Promise.race([finished, new Promise((resolve) => setTimeout(resolve, REQUESTS_GRACE_MS))]);
    await system.close();
    log.info("stopped");
    process.exit(0);
  }
}
