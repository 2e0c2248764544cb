import { readConfig } from "../config.ts";
import { count, type State } from "../db/doctor/check.ts";
import { type Diagnosis, examine } from "../db/doctor/examine.ts";
import { JOBS } from "../etl/jobs.ts";
import { reachDatabase } from "./reach.ts";
import type { Subcommand } from "./subcommand.ts";
import { coloured, printJson, printLine } from "./terminal.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
// Long enough for one run to be missed, short enough that somebody still can do something.
const LATE_AFTER: Readonly<Record<string, number>> = {
  "process-events": 15 * MINUTE,
  "update-sessions": HOUR,
  "daily-metrics": HOUR,
  "cleanup": 2 * DAY,
  "maintenance": 15 * DAY,
};

const COLOURS = { ok: "green", warning: "yellow", problem: "red" } as const;

function lineOf({ check, state, message, advice }: Diagnosis, width: number): string {
  const said = advice === undefined ? message : `${message}. Do: ${advice}`;
  // A query or an error's text may have lines of its own.
  return `${coloured(state.padEnd(7), COLOURS[state])}  ${check.padEnd(width)}  ${said.replace(/\s+/g, " ")}`;
}

function countOf(diagnoses: Diagnosis[], state: State): number {
  return diagnoses.filter((diagnosis) => diagnosis.state === state).length;
}

export const doctor: Subcommand = {
  summary: "checks the database, the jobs and the disk, and says what to do",
  help: `Usage: deno task footfall doctor [--json]

Prints a line a check: ok, warning or problem, what was found, and what to do. Changes nothing. Run it with the
collector's own settings and in its folder, so that it sees the same spool and token.

Exit code 0, or 1 where there is a problem; warnings do not fail.

  --json   answers JSON: problems, warnings, checks: [{check, state, message, advice}]`,
  options: { json: "flag" },
  async run(args) {
    const diagnoses = await reachDatabase(({ db, config, embedded }) =>
      examine({
        db,
        embedded,
        poolSize: config.poolSize,
        spoolPath: config.spoolPath,
        spoolBytes: config.spoolBytes,
        adminToken: config.adminToken,
        // Of the process that serves: dev where the database is embedded.
        openRegistration: embedded ? readConfig("dev").openRegistration : config.openRegistration,
        jobs: JOBS.map(({ name }) => ({ name, lateAfterSeconds: LATE_AFTER[name] ?? 2 * DAY })),
      }), { unmigrated: true });
    const [problems, warnings] = [countOf(diagnoses, "problem"), countOf(diagnoses, "warning")];
    if (args.flag("json")) await printJson({ problems, warnings, checks: diagnoses });
    else {
      const width = Math.max(...diagnoses.map(({ check }) => check.length));
      for (const diagnosis of diagnoses) await printLine(lineOf(diagnosis, width));
      await printLine(
        `\n${count(diagnoses.length, "check")}: ${count(problems, "problem")}, ${count(warnings, "warning")}`,
      );
    }
    return problems > 0 ? 1 : 0;
  },
};
