import { cp } from "node:fs/promises";
import { type Outcome } from "./command_run.ts";

const ROOT = new URL("../", import.meta.url);
const FOLDERS = ["commands", "db", "etl", "events", "migrations", "routes", "traffic", "types", "web"];

/** What a copy of the project has that ours has not: files by their paths, with what they get at their end. */
export type Additions = Record<string, string>;

/**
 * A copy of the project as a later release: its version and the additions.
 *
 * @param folder to be made
 * @returns runs one of its programs
 */
export async function makeRelease(
  folder: string,
  version: string,
  additions: Additions,
): Promise<(program: string, args: string[], env: Record<string, string>) => Promise<Outcome>> {
  await Deno.mkdir(folder);
  for await (const { name, isFile } of Deno.readDir(ROOT)) {
    if (isFile || FOLDERS.includes(name)) {
      await cp(new URL(name, ROOT), `${folder}/${name}`, { recursive: true });
    }
  }
  await Deno.writeTextFile(`${folder}/version.ts`, `export const VERSION = "${version}";\n`);
  for (const [path, text] of Object.entries(additions)) {
    await Deno.writeTextFile(`${folder}/${path}`, text, { append: true });
  }
  return async (program, args, env) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", `${folder}/${program}`, ...args],
      cwd: folder,
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
    }).output();
    return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  };
}
