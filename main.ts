/**
 * Serves: `main.ts` in production (also the entry point of a hosted runtime), `main.ts dev` on a laptop.
 *
 * What is Deno's alone stands here (Deno.serve, Deno.cron, signals); the app itself is a plain fetch handler.
 */
import { type Config, ConfigError, type Mode, readConfig } from "./config.ts";
import { log, print, printError, setLogLevel } from "./log.ts";
import { CANARY_JOB } from "./etl/canary.ts";
import { JOBS } from "./etl/jobs.ts";
import { runJob } from "./etl/run.ts";
import { cannotListen, localUrl } from "./listening.ts";
import { StartError, startSystem, type System } from "./system.ts";

// Hosts kill a process some ten seconds after they asked it to end; some after five. Senders have this long to finish …
const REQUESTS_GRACE_MS = 2_500;
// … and then the database, to take or refuse what is left.
const GRACE_MS = 4_500;
// A supervisor that signals a whole group (systemd, a container's init) reaches `deno task` and us, and `deno task` hands the
// signal on: what comes again so soon is the first one.
const SAME_SIGNAL_MS = 250;

if (import.meta.main) {
  try {
    await serve(Deno.args[0] === "dev" ? "dev" : "start");
  } catch (error) {
    const isExpected = error instanceof ConfigError || error instanceof StartError;
    printError(isExpected ? error.message : String((error as Error).stack ?? error));
    Deno.exit(1);
  }
}

async function serve(mode: Mode): Promise<void> {
  const config = readConfig(mode);
  setLogLevel(config.logLevel);
  const stopping = new AbortController();
  const starting = startSystem(config, mode, stopping.signal);
  const running = new Set<Promise<unknown>>();
  // Deno Deploy takes those crons only that are there before anything is waited for.
  const jobs = config.canary ? [...JOBS, CANARY_JOB] : JOBS;
  for (const job of config.crons ? jobs : []) {
    Deno.cron(job.name, job.schedule, { signal: stopping.signal }, async () => {
      if (stopping.signal.aborted) return;
      // A failed run is recorded and logged. Nobody has to try it again: its next time does what was left.
      const run = starting.then(async ({ jobs, mayRunJobs }) => {
        if (await mayRunJobs()) await runJob(job, { ...jobs, whenBusy: "skip" });
      }).catch(() => {});
      running.add(run);
      await run;
      running.delete(run);
    });
  }
  const system = await starting;
  if (!config.crons) log.info("the crons are off: this process only collects");
  const server = listen(config, mode, system);
  const asked = Promise.withResolvers<void>();
  let first: { signal: Deno.Signal; at: number } | undefined;
  const stop = (signal: Deno.Signal) => {
    if (first !== undefined) {
      if (signal === first.signal && performance.now() - first.at < SAME_SIGNAL_MS) return;
      log.warn("a second signal: stopping at once", { signal });
      Deno.exit(1);
    }
    first = { signal, at: performance.now() };
    log.info("stopping: finishing what is under way", { signal });
    stopping.abort();
    asked.resolve();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => stop(signal));
  await asked.promise;

  // Whatever was answered is on disk by then; what a server that does not answer holds is rolled back.
  setTimeout(() => {
    log.warn("stopped without waiting any longer");
    Deno.exit(0);
  }, GRACE_MS);
  void server.shutdown();
  system.hurry();
  await Promise.race([server.finished, after(REQUESTS_GRACE_MS)]);
  // A job stops between two batches; its record is written before the database closes.
  await Promise.allSettled(running);
  await system.close();
  log.info("stopped");
  Deno.exit(0);
}

function listen(config: Config, mode: Mode, system: System): Deno.HttpServer<Deno.NetAddr> {
  const { host: hostname, port } = config;
  try {
    return Deno.serve(
      { port, hostname, onListen: (address) => announce(mode, address, system) },
      system.app.fetch,
    );
  } catch (error) {
    throw cannotListen(error as Error, config);
  }
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function announce(mode: Mode, { hostname, port }: Deno.NetAddr, system: System): void {
  log.info("listening", { hostname, port, database: system.databaseName });
  if (mode !== "dev") return;
  const url = localUrl(hostname, port);
  system.announce(url);
  print(`
  Footfall is running on ${system.databaseName}

    Start page   ${url}/
    Dashboard    ${url}/dashboard
    Demo site    ${url}/demo/
    Admin token  ${system.adminToken}

  Click through the demo site, then in another terminal:
    deno task etl
    deno task sql "select * from user_sessions"
`);
}
