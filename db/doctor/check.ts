import type { Asked } from "../database.ts";

/** `problem`: something is lost, wrong or about to stop; `warning`: it works, and could be better. */
export type State = "ok" | "warning" | "problem";

/** What one check has found, and what to do about it where it is not ok. */
export interface Finding {
  state: State;
  message: string;
  advice?: string;
}

/** What is examined: the database, and what the settings say of the processes that use it. */
export interface Patient {
  db: Asked;
  /** Inside the dev server or this process: one connection, no autovacuum, no power cut to fear. */
  embedded: boolean;
  /** Connections of one process. */
  poolSize: number;
  /** Undefined where it is switched off. */
  spoolPath: string | undefined;
  spoolBytes: number;
  adminToken: string | undefined;
  openRegistration: boolean;
  /** The jobs, and how long after its last success one counts as late. */
  jobs: readonly { name: string; lateAfterSeconds: number }[];
}

export interface Check {
  name: string;
  /** Whether it asks the database. */
  asks: "database" | "host";
  run(patient: Patient): Promise<Finding> | Finding;
}

export const ok = (message: string): Finding => ({ state: "ok", message });
export const warning = (message: string, advice: string): Finding => ({ state: "warning", message, advice });
export const problem = (message: string, advice: string): Finding => ({ state: "problem", message, advice });

/** One row of a query that answers one. */
export async function ask<T>(db: Asked, sql: string, params: readonly unknown[] = []): Promise<T> {
  return (await db.query<T>(sql, params))[0]!;
}

/** As `2 min`, `5 h`, `3 days`. */
export function formatAge(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** As `812 B`, `4.2 MB`, `1.3 GB`; powers of 1,000. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let power = 0;
  while (bytes >= 1_000 && power < units.length - 1) {
    bytes /= 1_000;
    power += 1;
  }
  return `${power === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)} ${units[power]}`;
}

/** As `1 event`, `12,000 events`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}

/** The first few of a list, and how many more there are. */
export function list(names: readonly string[], most = 3): string {
  const more = names.length - most;
  return names.slice(0, most).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
