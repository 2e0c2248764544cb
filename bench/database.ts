import type { Database } from "../db/database.ts";
import { migrate } from "../db/migrate.ts";
import { openDatabase } from "../db/open.ts";

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
    await using db = await openDatabase(url.href, { poolSize: 4, statementTimeout: 0 });
    await migrate(db);
    return await work(db, url.href);
  } finally {
    await admin.exec(`drop database ${name} with (force)`);
  }
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
