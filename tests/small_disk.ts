import type { ClusterOwner } from "./cluster.ts";

const MEGABYTE = new Uint8Array(1024 * 1024);
const PAGE = 4096;

/** A disk of a few megabytes, in memory, that can be filled to the last page. */
export interface SmallDisk extends AsyncDisposable {
  /** Until nothing more can be written. */
  fill(): Promise<void>;
  /** Takes the ballast away. */
  free(): Promise<void>;
}

/** Mounts one at `path`, which is made. @throws {Error} Where only somebody else may mount */
export async function mountSmallDisk(
  path: string,
  megabytes: number,
  owner: ClusterOwner,
): Promise<SmallDisk> {
  await Deno.mkdir(path, { recursive: true });
  const whose = owner.uid === undefined ? [] : [`uid=${owner.uid}`, `gid=${owner.gid}`];
  const options = [`size=${megabytes}m`, "mode=0700", ...whose].join(",");
  await run("mount", ["-t", "tmpfs", "-o", options, "footfall-test", path]);
  const ballast = `${path}/ballast`;
  return {
    fill: async () => {
      using file = await Deno.open(ballast, { create: true, append: true });
      for (const chunk of [MEGABYTE, MEGABYTE.subarray(0, PAGE)]) while (await hasWritten(file, chunk));
    },
    free: () => Deno.remove(ballast),
    [Symbol.asyncDispose]: () => run("umount", [path]),
  };
}

/** Whether this process may mount. */
export async function canMount(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  const path = await Deno.makeTempDir({ prefix: "footfall-mount-" });
  try {
    await using _disk = await mountSmallDisk(path, 1, {});
    return true;
  } catch {
    return false;
  } finally {
    await Deno.remove(path);
  }
}

async function hasWritten(file: Deno.FsFile, bytes: Uint8Array): Promise<boolean> {
  try {
    return await file.write(bytes) === bytes.length;
  } catch (error) {
    if (/no space left/i.test((error as Error).message)) return false;
    throw error;
  }
}

async function run(program: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, stdin: "null", stdout: "null" })
    .output();
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr).trim()}`);
}
