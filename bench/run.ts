/** `deno task bench [name…]`: each benchmark, printed as a ratio against a yardstick of the same run. */
import { print, printError } from "../log.ts";
import { benchEtl } from "./etl.ts";
import { startServers } from "../tests/servers.ts";

const BENCHMARKS: Record<string, (serverUrl: string) => Promise<string[]>> = {
  etl: benchEtl,
};

const names = Deno.args.length > 0 ? Deno.args : Object.keys(BENCHMARKS);
const unknown = names.filter((name) => !BENCHMARKS[name]);
if (unknown.length > 0) {
  printError(
    `There is no benchmark ${unknown.join(", ")}: choose from ${Object.keys(BENCHMARKS).join(", ")}`,
  );
  Deno.exit(1);
}
const directory = await Deno.makeTempDir({ prefix: "footfall-bench-" });
await Deno.chmod(directory, 0o755);
const { servers } = await startServers(directory);
try {
  for (const { name, url } of servers) {
    for (const benchmark of names) {
      for (const line of await BENCHMARKS[benchmark]!(url)) print(`${name}  ${benchmark}: ${line}`);
    }
  }
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  await Deno.remove(directory, { recursive: true });
}
Deno.exit(0);
