import { count, formatBytes } from "../db/doctor/check.ts";
import { applyRetention, previewRetention, type Removal, valueOf } from "../db/retention.ts";
import { parseWhole } from "./arguments.ts";
import { CommandError, formatTable } from "./command.ts";
import { reachDatabase } from "./reach.ts";
import type { Subcommand } from "./subcommand.ts";
import { confirm, printJson, printLine, requireTerminal } from "./terminal.ts";

export const retention: Subcommand = {
  summary: "removes raw events past their retention, or says which",
  help: `Usage: deno task footfall retention [--days N] [--dry-run] [--yes] [--json]

Does what the job cleanup does every night: removes processed raw events that came more than N days ago, or than the
site's own retention says (site set --retention-days). A month of which no site keeps an event is dropped; else events
are deleted in pieces. Sessions, pageviews, interactions, forms and metrics stay; events that wait are never touched.

  --days N    for sites without a retention of their own; RETENTION_DAYS, else 90
  --dry-run   prints what would go, by table and site
  --yes       does not ask first
  --json      answers JSON`,
  options: { days: "value", "dry-run": "flag", yes: "flag", json: "flag" },
  async run(args, interrupted) {
    const given = args.value("days");
    const days = given === undefined ? undefined : parseWhole("days", given, 1, 36_500);
    const json = args.flag("json");
    const dryRun = args.flag("dry-run");
    await reachDatabase(async ({ db, config }) => {
      const retentionDays = days ?? config.retentionDays;
      const tell = (removed: number, text: string) =>
        json ? printJson({ retention_days: retentionDays, removed }) : printLine(text);
      if (dryRun || !args.flag("yes")) {
        const removals = await previewRetention(db, retentionDays);
        if (dryRun && json) {
          return await printJson({ retention_days: retentionDays, would_remove: removals });
        }
        const rule = `${count(retentionDays, "day")}, but for sites with days of their own`;
        if (removals.length === 0) return await tell(0, `nothing is past its retention: ${rule}`);
        if (!dryRun) requireTerminal();
        if (!json) {
          const intent = dryRun ? "would" : "will";
          await printLine(`${intent} be removed at ${rule}:\n${formatTable(removals.map(describe))}`);
        }
        if (dryRun) return;
        if (!await confirm("Remove it?")) throw new CommandError("Cannot remove: not confirmed");
      }
      const removed = await applyRetention(valueOf(db), retentionDays);
      await tell(removed, `removed: ${count(removed, "raw event")}`);
    }, { interrupted });
  },
};

function describe({ what, site, rows, bytes, how }: Removal): Record<string, unknown> {
  return { what, site, rows, size: bytes === null ? "" : formatBytes(bytes), how };
}
