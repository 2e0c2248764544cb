/** What a person sees who calls a program. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

// What Deno itself needs; nothing else of this process's environment may matter.
const KEPT = ["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME"];

const PROGRAM = new URL("../commands/footfall.ts", import.meta.url).pathname;

/** `footfall …`, from the folder `cwd`, ready to be started. */
export function footfallCommand(
  cwd: string,
  args: string[],
  env: Record<string, string>,
  options: Deno.CommandOptions = {},
): Deno.Command {
  const kept = KEPT.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", PROGRAM, ...args],
    cwd,
    clearEnv: true,
    env: { ...Object.fromEntries(kept), NO_COLOR: "1", ...env },
    stdin: "null",
    ...options,
  });
}

/** Runs it. */
export async function footfall(cwd: string, args: string[], env: Record<string, string>): Promise<Outcome> {
  const { code, stdout, stderr } = await footfallCommand(cwd, args, env).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}
