import project from "../deno.json" with { type: "json" };
import { TextLineStream } from "@std/streams/text-line-stream";

const ROOT = new URL("../", import.meta.url);
// The command of `deno task start`, up to the script: `deno` itself is this process's.
const START = project.tasks.start.command.split(" ").slice(1, -1);

/** A server in a process of its own, in an empty folder. */
export interface ServerProcess extends AsyncDisposable {
  /** As `http://127.0.0.1:8000`. */
  url: string;
  pid: number;
  /** What it has printed so far. */
  output(): string;
}

/**
 * Starts a script of the project on a port of its own and waits until it logs that it listens.
 *
 * @param script from the project's root
 * @throws {Error} With what it printed, if it ends instead
 */
export async function startServer(script: string, env: Record<string, string> = {}): Promise<ServerProcess> {
  const cwd = await Deno.makeTempDir({ prefix: "footfall-bench-server-" });
  const child = new Deno.Command(Deno.execPath(), {
    args: [...START, new URL(script, ROOT).pathname],
    cwd,
    env: { PORT: "0", HOST: "127.0.0.1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const kill = () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // it has ended already
    }
  };
  // A benchmark that is interrupted ends its servers and removes their folders.
  const abandon = () => {
    kill();
    Deno.removeSync(cwd, { recursive: true });
  };
  addEventListener("unload", abandon);
  const printed: string[] = [];
  const { promise: listening, resolve } = Promise.withResolvers<string | undefined>();
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const line of stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
      printed.push(line);
      const port = /"message":"listening".*"port":(\d+)/.exec(line)?.[1];
      if (port) resolve(`http://127.0.0.1:${port}`);
    }
  };
  const ended = Promise.all([read(child.stdout), read(child.stderr), child.status])
    .then(() => resolve(undefined));
  const url = await listening;
  if (url === undefined) throw new Error(`${script} ended:\n${printed.join("\n")}`);
  return {
    url,
    pid: child.pid,
    output: () => printed.join("\n"),
    async [Symbol.asyncDispose]() {
      removeEventListener("unload", abandon);
      kill();
      await ended;
      await Deno.remove(cwd, { recursive: true });
    },
  };
}
