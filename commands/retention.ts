import { count } from "../db/doctor/check.ts";
import { applyRetention, previewRetention } from "../db/retention.ts";
import { parseWhole } from "./arguments.ts";
import { CommandError, formatTable } from "./command.ts";
import { reachDatabase } from "./reach.ts";
import type { Subcommand } from "./subcommand.ts";
import { confirm, printJson, printLine, requireTerminal } from "./terminal.ts";

export const retention: Subcommand = {
  summary: "drops raw events past their retention, or says which",
  help: `Usage: deno task footfall retention [--days N] [--dry-run] [--yes] [--json]

Does what the job cleanup does every night: drops processed raw events that came more than N days ago, whole months
at once. Sessions, pageviews, interactions, forms and metrics stay; events that wait are never touched.

  --days N    RETENTION_DAYS, else 90
  --dry-run   prints what would go; rows of whole months as Postgres estimates them
  --yes       does not ask first
  --json      answers JSON`,
  options: { days: "value", "dry-run": "flag", yes: "flag", json: "flag" },
  async run(args, interrupted) {
    const given = args.value("days");
    const days = given === undefined ? undefined : parseWhole("days", given, 1, 36_500);
    const json = args.flag("json");
    if (!args.flag("dry-run") && !args.flag("yes")) requireTerminal();
    await reachDatabase(async ({ db, config }) => {
      const retentionDays = days ?? config.retentionDays;
      if (args.flag("dry-run") || !args.flag("yes")) {
        const removals = await previewRetention(db, retentionDays);
        if (args.flag("dry-run")) {
          return await (json
            ? printJson({ retention_days: retentionDays, would_remove: removals })
            : printLine(
              `would be removed at ${count(retentionDays, "day")}:\n${formatTable(removals as never)}`,
            ));
        }
        if (!json) {
          await printLine(
            `will be removed at ${count(retentionDays, "day")}:\n${formatTable(removals as never)}`,
          );
        }
        if (!await confirm("Remove it?")) throw new CommandError("Cannot remove: not confirmed");
      }
      const purged = await applyRetention(db, retentionDays);
      await (json
        ? printJson({ retention_days: retentionDays, removed: purged })
        : printLine(`removed: ${count(purged, "raw event")}`));
    }, { interrupted });
  },
};
