/** `deno task db:migrate [--status | --down N | --replace]`. */
import { migrate, migrateDown, migrationStates } from "../db/migrate.ts";
import { adviceOf, describeNewer, readSchemaState } from "../db/releases.ts";
import { parseWhole, UsageError } from "./arguments.ts";
import { formatTable } from "./command.ts";
import { runTask } from "./program.ts";
import { openOwnDatabase } from "./reach.ts";
import type { Subcommand } from "./subcommand.ts";
import { printJson, printLine } from "./terminal.ts";

const MOST_UNDONE = 10_000;

const migrateTask: Subcommand = {
  summary: "applies, lists and undoes migrations",
  help: `Usage:
  deno task db:migrate             applies pending migrations and changed procedures
  deno task db:migrate --status    lists the migrations
  deno task db:migrate --down N    undoes the last N migrations
  deno task db:migrate --replace   also replaces the procedures of a newer release, to go back to this one

  --json   answers JSON`,
  options: { status: "flag", down: "value", replace: "flag", json: "flag" },
  async run(args) {
    const down = args.value("down");
    const modes = [
      ...(args.flag("status") ? ["--status"] : []),
      ...(down === undefined ? [] : ["--down"]),
      ...(args.flag("replace") ? ["--replace"] : []),
    ];
    if (modes.length > 1) throw new UsageError(`${modes.join(" and ")} do not go together`);
    const steps = down === undefined ? 0 : parseWhole("down", down, 1, MOST_UNDONE);
    const { text, json } = await openOwnDatabase("migrate", async (db) => {
      if (args.flag("status")) {
        const states = (await migrationStates(db))
          .map(({ name, state, appliedAt }) => ({ migration: name, state, applied: appliedAt }));
        const { newer } = await readSchemaState(db);
        const lines = [
          formatTable(states),
          ...(newer ? ["", `${describeNewer(newer)}. ${adviceOf(newer)}`] : []),
        ];
        return { text: lines.join("\n"), json: states };
      }
      if (steps > 0) {
        const undone = await migrateDown(db, steps);
        return {
          text: undone.length > 0 ? `undone: ${undone.join(", ")}` : "nothing to undo",
          json: { undone },
        };
      }
      const { applied, procedures } = await migrate(db, { replace: args.flag("replace") });
      const lines = [
        applied.length > 0 ? `applied: ${applied.join(", ")}` : "no migration was pending",
        procedures.length > 0 ? `procedures: ${procedures.join(", ")}` : "no procedure has changed",
      ];
      return { text: lines.join("\n"), json: { applied, procedures } };
    });
    await (args.flag("json") ? printJson(json) : printLine(text));
  },
};

await runTask("db:migrate", migrateTask);
