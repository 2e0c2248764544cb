const SCRIPT = new URL("wrk.lua", import.meta.url).pathname;

/** What is posted, and how. */
export interface Load {
  /** The body; each id of zeroes in it is replaced by a fresh one in every request. */
  body: string;
  connections: number;
}

/** What wrk saw. Times are in milliseconds. */
export interface LoadFigures {
  requests: number;
  seconds: number;
  p50: number;
  p99: number;
  max: number;
  /** wrk's own. */
  cpuSeconds: number;
}

interface Report extends LoadFigures {
  errors: Record<"connect" | "read" | "write" | "status" | "timeout", number>;
}

/**
 * Posts to `url` over all connections at once, each as fast as it is answered, from a process of its own.
 *
 * @throws {Error} If a request failed or was answered with 4xx or 5xx, or wrk is not installed
 */
export async function runWrk(
  url: string,
  { body, connections }: Load,
  seconds: number,
): Promise<LoadFigures> {
  const file = await Deno.makeTempFile({ prefix: "footfall-bench-body-" });
  try {
    await Deno.writeTextFile(file, body);
    // One thread makes more requests than the other core can answer. The default timeout of 2 s would count a slow
    // answer, which the latency shows anyway, as an error.
    const args = [
      "-t1",
      `-c${connections}`,
      `-d${seconds}s`,
      "--timeout=30s",
      `-s${SCRIPT}`,
      url,
      "--",
      file,
    ];
    const { success, stdout, stderr } = await spawnWrk(args);
    const printed = new TextDecoder().decode(stdout);
    const line = printed.split("\n").find((text) => text.startsWith("{"));
    if (!success || line === undefined) {
      throw new Error(`wrk failed:\n${printed}${new TextDecoder().decode(stderr)}`);
    }
    const { errors, ...figures }: Report = JSON.parse(line);
    if (Object.values(errors).some((count) => count > 0)) {
      throw new Error(`wrk saw errors in ${figures.requests} requests to ${url}: ${JSON.stringify(errors)}`);
    }
    return figures;
  } finally {
    await Deno.remove(file);
  }
}

async function spawnWrk(args: string[]): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command("wrk", { args, stdin: "null" }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("Cannot run the benchmark: wrk is not installed; apt-get install wrk", { cause: error });
  }
}
