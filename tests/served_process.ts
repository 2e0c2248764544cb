import { TextLineStream } from "@std/streams/text-line-stream";
import { configArguments } from "./test_database.ts";
import { copyEmbedded } from "./embedded_database.ts";
import { makeFolder } from "./test_environment.ts";

const ROOT = new URL("../", import.meta.url);

/** A real server process, as `deno task dev` or `start` runs it. */
export interface ServedProcess extends AsyncDisposable {
  url: string;
  /** Where it runs: its `.data/` is here. */
  cwd: string;
  /** What it has printed so far. */
  output(): string;
  /** Sends the signal and waits for the end; answers the exit code. */
  stop(signal?: Deno.Signal): Promise<number>;
}

/**
 * Starts `main.ts` in an empty folder, on a port of its own, and waits until it listens.
 *
 * @throws {Error} With what it printed, if it ends instead
 */
export function serveProcess(
  mode: "dev" | "start",
  env: Record<string, string> = {},
  cwd?: string,
): Promise<ServedProcess> {
  const program = new URL("main.ts", ROOT).pathname;
  const args = ["run", "-A", ...configArguments(), program, ...(mode === "dev" ? ["dev"] : [])];
  return serveProgram(Deno.execPath(), args, env, cwd);
}

/**
 * Starts `main.ts dev` on an embedded database that is migrated already: making one takes ten seconds of processor time.
 */
export async function serveDev(env: Record<string, string> = {}): Promise<ServedProcess> {
  const folder = await makeFolder();
  await copyEmbedded(`${folder}/.data/pg`);
  return await serveProcess("dev", { DATABASE_URL: "", ...env }, folder);
}

/** As {@linkcode serveProcess}, for whatever program says in its log that it is listening. */
export async function serveProgram(
  program: string,
  args: string[],
  env: Record<string, string> = {},
  cwd?: string,
): Promise<ServedProcess> {
  const folder = cwd ?? await Deno.makeTempDir({ prefix: "footfall-served-" });
  const child = new Deno.Command(program, {
    args,
    cwd: folder,
    env: { PORT: "0", HOST: "127.0.0.1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const printed: string[] = [];
  const { promise: listening, resolve } = Promise.withResolvers<string | undefined>();
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const line of stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
      printed.push(line);
      const port = /"message":"listening".*"port":(\d+)/.exec(line)?.[1];
      if (port) resolve(`http://127.0.0.1:${port}`);
    }
  };
  const ended = Promise.all([read(child.stdout), read(child.stderr), child.status]).then(([, , status]) => {
    resolve(undefined);
    return status.code;
  });
  const url = await listening;
  if (url === undefined) throw new Error(`The server ended:\n${printed.join("\n")}`);
  const stop = async (signal: Deno.Signal = "SIGTERM") => {
    try {
      child.kill(signal);
    } catch {
      // it has ended already
    }
    return await ended;
  };
  return {
    url,
    cwd: folder,
    output: () => printed.join("\n"),
    stop,
    async [Symbol.asyncDispose]() {
      await stop("SIGKILL");
      if (cwd === undefined) await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Runs one of `commands/` in a folder; answers what it printed. @throws {Error} With that, if it fails */
export async function runCommand(
  name: string,
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...configArguments(), new URL(`commands/${name}.ts`, ROOT).pathname, ...args],
    cwd,
    env,
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`${name} failed:\n${text}${new TextDecoder().decode(stderr)}`);
  return text.trimEnd();
}
