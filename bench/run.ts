/**
 * `deno task bench [name…] [options]`: each benchmark next to the yardsticks of the same run, on each Postgres that is found.
 * `memory`, `stats` and `live` take minutes to hours and run only where they are named.
 *
 *   --postgres 15     only servers whose version begins so
 *   --history N       etl: how many events are in the database before it measures, besides an empty one; 1000000
 *   --pageviews N     stats: how many are asked about; 1000000
 *   --ranges 30,365   stats: how many days questions are about
 *   --database URL    stats: a database to fill, unless it is filled, and to keep
 *   --today N         live: how many events today holds before; 5000000
 *   --rate N          live: events a second; 2000
 *   --minutes N       live: for how long; 15
 */
import { parseArgs } from "@std/cli/parse-args";
import { print, printError } from "../log.ts";
import { benchEtl } from "./etl.ts";
import { benchIngest } from "./ingest.ts";
import { benchLive } from "./live.ts";
import { benchMemory } from "./memory.ts";
import { benchStats, benchStatsIn } from "./stats.ts";
import type { Cluster } from "../tests/cluster.ts";
import { startServers } from "../tests/servers.ts";

interface Options {
  history: number;
  pageviews: number;
  ranges: number[];
  today: number;
  rate: number;
  minutes: number;
}

type Benchmark = (cluster: Cluster, options: Options) => Promise<string[]>;

const BENCHMARKS: Record<string, Benchmark> = {
  ingest: ({ url }) => benchIngest(url),
  etl: ({ url }, { history }) => benchEtl(url, { history }),
  memory: ({ url }) => benchMemory(url),
  stats: benchStats,
  live: benchLive,
};
const BY_DEFAULT = ["ingest", "etl"];

const args = parseArgs(Deno.args, {
  string: ["postgres", "history", "pageviews", "ranges", "database", "today", "rate", "minutes", "_"],
  default: {
    history: "1000000",
    pageviews: "1000000",
    ranges: "30,365",
    today: "5000000",
    rate: "2000",
    minutes: "15",
  },
});
const names = args._.length > 0 ? args._.map(String) : BY_DEFAULT;
const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown.length > 0) {
  printError(
    `There is no benchmark ${unknown.join(", ")}: choose from ${Object.keys(BENCHMARKS).join(", ")}`,
  );
  Deno.exit(1);
}
const options: Options = {
  history: wholeNumber("history", String(args.history)),
  pageviews: wholeNumber("pageviews", String(args.pageviews)),
  ranges: String(args.ranges).split(",").map((days) => wholeNumber("ranges", days)),
  today: wholeNumber("today", String(args.today)),
  rate: wholeNumber("rate", String(args.rate)),
  minutes: wholeNumber("minutes", String(args.minutes)),
};
// Ends by an exit, which the processes that were started hear of; the signal alone would leave them behind.
for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => Deno.exit(130));
if (args.database !== undefined) {
  if (names.join() !== "stats") {
    printError("--database is for stats alone");
    Deno.exit(1);
  }
  for (const line of await benchStatsIn(String(args.database), options)) print(line);
  Deno.exit(0);
}
reserveHugePages(1200);
const directory = await Deno.makeTempDir({ prefix: "footfall-bench-" });
await Deno.chmod(directory, 0o755);
const { servers } = await startServers(directory, {
  // What is measured is what an owner runs: a commit waits for the disk; the memory is a small server's, and as docs/operations.md
  // advises, a query has as many processes as there are cores.
  settings: {
    fsync: "on",
    shared_buffers: "1GB",
    max_wal_size: "4GB",
    max_parallel_workers_per_gather: String(navigator.hardwareConcurrency - 1),
    shared_preload_libraries: "",
  },
});
try {
  const chosen = servers.filter(({ name }) => name.startsWith(`PostgreSQL ${args.postgres ?? ""}`));
  if (chosen.length === 0) {
    throw new Error(
      `There is no Postgres ${args.postgres}: found ${servers.map(({ name }) => name).join(", ")}`,
    );
  }
  for (const cluster of chosen) {
    for (const benchmark of names) {
      print(`${cluster.name}  ${benchmark}`);
      for (const line of await BENCHMARKS[benchmark]!(cluster, options)) print(`  ${line}`);
    }
  }
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  await Deno.remove(directory, { recursive: true });
}
Deno.exit(0);

/**
 * Reserves huge pages for the servers until this process ends, as docs/operations.md advises, if it may (proc(5)).
 *
 * @param count of two megabytes: two servers' gigabyte, and what they need besides
 */
function reserveHugePages(count: number): void {
  const setting = "/proc/sys/vm/nr_hugepages";
  try {
    const before = Deno.readTextFileSync(setting);
    if (Number(before) >= count) return;
    Deno.writeTextFileSync(setting, String(count));
    addEventListener("unload", () => Deno.writeTextFileSync(setting, before));
  } catch {
    print("no huge pages: this process may not reserve them; questions over months take about twice as long");
  }
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,8}$/.test(text)) return Number(text);
  printError(`--${name} is "${text}", but must be a whole number of at most 99,999,999`);
  Deno.exit(1);
}
