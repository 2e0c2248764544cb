import { redact } from "../../log.ts";
import { type Check, type Finding, list, ok, type Patient, problem, warning } from "./check.ts";
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
  const waiting: string[] = [];
  for (const check of CHECKS) {
    if (check.asks === "database" && reach.state !== "ok") continue;
    const finding = await run(check, patient);
    if (finding === undefined) waiting.push(check.name);
    else diagnoses.push({ check: check.name, ...finding, message: redact(finding.message) });
  }
  if (waiting.length === 0) return diagnoses;
  const message = `${list(waiting, waiting.length)}: what these look at is not there`;
  return [...diagnoses, {
    check: "not checked",
    ...warning(message, "deno task db:migrate, and then this again"),
  }];
}

async function reachDatabase({ db }: Patient): Promise<Finding> {
  try {
    await db.query("select 1");
    return ok("answers");
  } catch (error) {
    return problem(
      redact((error as Error).message),
      "mend that first: without the database only this machine was checked",
    );
  }
}

/** Undefined where a table or a function is missing that the check looks at. */
async function run(check: Check, patient: Patient): Promise<Finding | undefined> {
  try {
    return await check.run(patient);
  } catch (error) {
    const { message } = error as Error;
    if (/^(relation|function|schema) .* does not exist/.test(message)) return undefined;
    return warning(`could not be checked: ${message}`, "does this database user lack a right?");
  }
}
