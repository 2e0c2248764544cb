// What Linux counts of each process: proc(5). A tick is a hundredth of a second on every platform that we run on.
const TICKS = 100;

interface Stat {
  parent: number;
  /** CPU seconds of the process itself. */
  own: number;
  /** CPU seconds of its children that have ended. */
  children: number;
}

/** The CPU seconds that a process has used so far. */
export async function cpuSeconds(pid: number): Promise<number> {
  return (await readStat(pid))!.own;
}

/** The CPU seconds that a Postgres server has used so far: postmaster and backends, those that have ended too. */
export async function serverCpuSeconds(backend: number): Promise<number> {
  const postmaster = (await readStat(backend))!.parent;
  const { own, children } = (await readStat(postmaster))!;
  let sum = own + children;
  for await (const { name } of Deno.readDir("/proc")) {
    const stat = /^\d+$/.test(name) ? await readStat(Number(name)) : undefined;
    if (stat?.parent === postmaster) sum += stat.own;
  }
  return sum;
}

/** The most memory that a process has held at a time since it began, in bytes. */
export async function peakMemory(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}

async function readStat(pid: number): Promise<Stat | undefined> {
  try {
    const text = await Deno.readTextFile(`/proc/${pid}/stat`);
    // The name may hold anything; behind it come state, parent and so on.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
    return {
      parent: fields[1]!,
      own: (fields[11]! + fields[12]!) / TICKS,
      children: (fields[13]! + fields[14]!) / TICKS,
    };
  } catch {
    return undefined; // it ended while we looked
  }
}
