/**
 * `deno task bench [name…] [--postgres 15] [--history N] [--pageviews N]`: each benchmark beside the yardsticks of the same run,
 * on each Postgres that is found or on those whose version begins so. `memory` and `stats` take minutes and run where they
 * are named only; `--history` is how many events are in the database before `etl` measures, besides an empty one: a million,
 * or none by 0; `--pageviews` is how many `stats` asks about: a million.
 */
import { parseArgs } from "@std/cli/parse-args";
import { print, printError } from "../log.ts";
import { benchEtl } from "./etl.ts";
import { benchIngest } from "./ingest.ts";
import { benchMemory } from "./memory.ts";
import { benchStats } from "./stats.ts";
import type { Cluster } from "../tests/cluster.ts";
import { startServers } from "../tests/servers.ts";

type Benchmark = (cluster: Cluster, options: { history: number; pageviews: number }) => Promise<string[]>;

const BENCHMARKS: Record<string, Benchmark> = {
  ingest: ({ url }) => benchIngest(url),
  etl: ({ url }, { history }) => benchEtl(url, { history }),
  memory: ({ url }) => benchMemory(url),
  stats: (cluster, { pageviews }) => benchStats(cluster, pageviews),
};
const BY_DEFAULT = ["ingest", "etl"];

const args = parseArgs(Deno.args, {
  string: ["postgres", "history", "pageviews", "_"],
  default: { history: "1000000", pageviews: "1000000" },
});
const names = args._.length > 0 ? args._.map(String) : BY_DEFAULT;
const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown.length > 0) {
  printError(
    `There is no benchmark ${unknown.join(", ")}: choose from ${Object.keys(BENCHMARKS).join(", ")}`,
  );
  Deno.exit(1);
}
const [history, pageviews] = (["history", "pageviews"] as const).map((name) => {
  const text = String(args[name]);
  if (/^\d{1,8}$/.test(text)) return Number(text);
  printError(`--${name} is "${text}", but may be a whole number of at most 99,999,999`);
  Deno.exit(1);
}) as [number, number];
// Ends by an exit, which the processes that were started hear of; the signal alone would leave them behind.
for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => Deno.exit(130));
const directory = await Deno.makeTempDir({ prefix: "footfall-bench-" });
await Deno.chmod(directory, 0o755);
const { servers } = await startServers(directory, {
  // What is measured is what an owner runs: a commit waits for the disk; the memory is a small server's.
  settings: { fsync: "on", shared_buffers: "1GB", max_wal_size: "4GB", shared_preload_libraries: "" },
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
      for (const line of await BENCHMARKS[benchmark]!(cluster, { history, pageviews })) print(`  ${line}`);
    }
  }
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  await Deno.remove(directory, { recursive: true });
}
Deno.exit(0);
