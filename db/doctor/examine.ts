import { type Check, type Finding, ok, type Patient, problem, warning } from "./check.ts";
import { HOST_CHECKS } from "./host.ts";
import { SCHEMA_CHECKS } from "./schema.ts";
import { SERVER_CHECKS } from "./server.ts";
import { STORAGE_CHECKS } from "./storage.ts";
import { WORK_CHECKS } from "./work.ts";

/** Every check, in the order in which they are told. */
export const CHECKS: readonly Check[] = [
  ...SERVER_CHECKS,
  ...SCHEMA_CHECKS,
  ...WORK_CHECKS,
  ...STORAGE_CHECKS,
  ...HOST_CHECKS,
];

export interface Diagnosis extends Finding {
  check: string;
}

/** Runs every check. One that cannot be done is told as such and keeps none of the others from being done. */
export async function examine(patient: Patient): Promise<Diagnosis[]> {
  const reach = await reachDatabase(patient);
  const diagnoses: Diagnosis[] = [{ check: "database", ...reach }];
  for (const check of CHECKS) {
    if (check.asks === "database" && reach.state !== "ok") continue;
    diagnoses.push({ check: check.name, ...await run(check, patient) });
  }
  return diagnoses;
}

async function reachDatabase({ db }: Patient): Promise<Finding> {
  try {
    await db.query("select 1");
    return ok("answers");
  } catch (error) {
    return problem(
      (error as Error).message,
      "is the server up, and are DATABASE_URL or PGHOST, PGUSER, PGPASSWORD right? Without it only this machine was checked",
    );
  }
}

async function run(check: Check, patient: Patient): Promise<Finding> {
  try {
    return await check.run(patient);
  } catch (error) {
    return warning(
      `could not be checked: ${(error as Error).message}`,
      "apply pending migrations; or does this database user lack a right?",
    );
  }
}
