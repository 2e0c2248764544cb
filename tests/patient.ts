import type { Patient } from "../db/doctor/check.ts";
import type { Diagnosis } from "../db/doctor/examine.ts";
import { JOBS } from "../etl/jobs.ts";
import type { TestDatabase, TestEngine } from "./test_database.ts";

/** What doctor examines, in a database of a test. */
export function patient(db: TestDatabase, engine: TestEngine, more: Partial<Patient> = {}): Patient {
  return {
    db,
    embedded: engine.embedded,
    poolSize: 4,
    spoolPath: "/nowhere/spool.db",
    spoolBytes: 1_000_000,
    adminToken: "0".repeat(48),
    openRegistration: false,
    jobs: JOBS.map(({ name }) => ({ name, lateAfterSeconds: 3_600 })),
    ...more,
  };
}

/** What is not ok. The tests' clusters do not sync, which is to be told of each. */
export function complaints(diagnoses: Diagnosis[]): [string, string, string][] {
  return diagnoses.filter(({ state, check }) => state !== "ok" && check !== "durability")
    .map(({ check, state, message }) => [check, state, message]);
}
