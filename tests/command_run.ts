import { assertEquals } from "@std/assert";
import { readMigrations, readProcedures } from "../db/migration_files.ts";
import { servers, type TestDatabase } from "./test_database.ts";

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs programs of the project with `DATABASE_URL`, in a directory of their own. */
export type Run = (program: string, args: string[], env?: Record<string, string>) => Promise<Outcome>;

// What Deno itself needs; nothing else of this process's environment may matter.
const KEPT = ["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME"];

/** A program of the project as a person calls it from `cwd`, ready to be started. */
export function commandIn(
  cwd: string,
  program: string,
  args: string[],
  env: Record<string, string>,
  options: Deno.CommandOptions = {},
): Deno.Command {
  const kept = KEPT.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  const path = new URL(`../${program}`, import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", path, ...args],
    cwd,
    clearEnv: true,
    env: { ...Object.fromEntries(kept), NO_COLOR: "1", ...env },
    stdin: "null",
    ...options,
  });
}

/** What a person sees who calls the program from `cwd`. */
export async function runIn(
  cwd: string,
  program: string,
  args: string[],
  env: Record<string, string>,
): Promise<Outcome> {
  const { code, stdout, stderr } = await commandIn(cwd, program, args, env).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** A test of a command on a database of its own. */
export function commandTest(
  title: string,
  make: (server: ReturnType<typeof servers>[number]) => Promise<TestDatabase>,
  run: (command: Run, db: TestDatabase, cwd: string) => Promise<void>,
): void {
  Deno.test(title, async () => {
    await using db = await make(servers()[0]!);
    const cwd = await Deno.makeTempDir();
    try {
      await run(
        (program, args, env = {}) => runIn(cwd, program, args, { DATABASE_URL: db.url, ...env }),
        db,
        cwd,
      );
      // A command on a server leaves nothing where it was called.
      assertEquals((await Array.fromAsync(Deno.readDir(cwd))).map(({ name }) => name), []);
    } finally {
      await Deno.remove(cwd, { recursive: true });
    }
  });
}

export const answered = (...lines: string[]): Outcome => ({
  code: 0,
  stdout: lines.join("\n") + "\n",
  stderr: "",
});

export const MIGRATIONS = (await readMigrations()).map(({ name }) => name);
export const PROCEDURES = (await readProcedures()).map(({ name }) => name);
export const LAST = MIGRATIONS.at(-1)!;
export const refused = (task: string, problem: string): Outcome => ({
  code: 2,
  stdout: "",
  stderr: `${task}: ${problem}; see: deno task ${task} --help\n`,
});
export const failed = (task: string, problem: string): Outcome => ({
  code: 1,
  stdout: "",
  stderr: `${task}: ${problem}\n`,
});
export const notStarted = (...lines: string[]): Outcome => ({
  code: 1,
  stdout: "",
  stderr: lines.join("\n") + "\n",
});
export const PENDING = "Migrations are pending. Apply them with: deno task db:migrate";
