import type { Database } from "../db/database.ts";
import { migrate } from "../db/migrate.ts";
import { openDatabase } from "../db/open.ts";
import { serverCpuSeconds } from "./proc.ts";

/** A migrated database of its own on the server, for as long as `work` takes. */
export async function withBenchDatabase<T>(
  serverUrl: string,
  work: (db: Database, url: string) => Promise<T>,
): Promise<T> {
  const name = `bench_${crypto.randomUUID().replaceAll("-", "")}`;
  await using admin = await openDatabase(serverUrl, { poolSize: 1 });
  await admin.exec(`create database ${name}`);
  try {
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    {
      await using fresh = await openDatabase(url.href, { poolSize: 1, statementTimeout: 0 });
      await migrate(fresh);
    }
    // A connection from before knows nothing of what the migrations set for the database.
    await using db = await openDatabase(url.href, { poolSize: 4, statementTimeout: 0 });
    return await work(db, url.href);
  } finally {
    await admin.exec(`drop database ${name} with (force)`);
  }
}

/** What something took: seconds by the clock, and of the server's processor time where the server is a process of this Linux. */
export interface Cost {
  seconds: number;
  cpuSeconds: number | undefined;
}

/** Runs `work`, which keeps nobody but the server of `db` busy. */
export async function costOf(db: Database, work: () => Promise<unknown>): Promise<Cost> {
  const [backend] = await db.query<{ pid: number }>("select pg_backend_pid() as pid");
  const isHere = Deno.build.os === "linux" && await exists(`/proc/${backend!.pid}/stat`);
  const before = isHere ? await serverCpuSeconds(backend!.pid) : undefined;
  const seconds = await secondsOf(work);
  return {
    seconds,
    cpuSeconds: before === undefined ? undefined : await serverCpuSeconds(backend!.pid) - before,
  };
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Runs `work` and answers how many seconds it took. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** A ratio, as 0.42. */
export function ratio(figure: number, yardstick: number): string {
  return (figure / yardstick).toFixed(2);
}
