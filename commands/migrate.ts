/** `deno task db:migrate [--status | --down N]`. */
import { parseArgs } from "@std/cli/parse-args";
import { migrate, migrateDown, migrationStates } from "../db/migrate.ts";
import { CommandError, formatTable, runCommand, withDatabase } from "./command.ts";

const USAGE = `Usage:
  deno task db:migrate             applies pending migrations and changed procedures
  deno task db:migrate --status    lists the migrations
  deno task db:migrate --down N    undoes the last N migrations`;

await runCommand(async () => {
  const args = parseArgs(Deno.args, {
    boolean: ["status", "help"],
    string: ["down"],
    unknown: (arg) => {
      throw new CommandError(`Cannot migrate: ${arg} is not known.\n${USAGE}`);
    },
  });
  if (args.help) return USAGE;
  return await withDatabase(async (db) => {
    if (args.status) {
      const states = await migrationStates(db);
      return formatTable(
        states.map(({ name, state, appliedAt }) => ({ migration: name, state, applied: appliedAt })),
      );
    }
    if (args.down !== undefined) {
      if (!/^[1-9]\d*$/.test(String(args.down))) {
        throw new CommandError(
          `Cannot undo ${args.down || "nothing"}: give a whole number from 1 on.\n${USAGE}`,
        );
      }
      const undone = await migrateDown(db, Number(args.down));
      return undone.length > 0 ? `undone: ${undone.join(", ")}` : "nothing to undo";
    }
    const { applied, procedures } = await migrate(db);
    return [
      applied.length > 0 ? `applied: ${applied.join(", ")}` : "no migration was pending",
      procedures.length > 0 ? `procedures: ${procedures.join(", ")}` : "no procedure has changed",
    ].join("\n");
  });
});
