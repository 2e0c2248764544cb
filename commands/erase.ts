import {
  countSharedSessions,
  countVisitorRows,
  eraseTraces,
  eraseVisitor,
  type RowCount,
  type VisitorKey,
} from "../db/visitor_record.ts";
import { parseId } from "./arguments.ts";
import { CommandError, formatTable } from "./command.ts";
import { requireSite } from "./known_site.ts";
import { allOrNothing, reachDatabase, type Reached } from "./reach.ts";
import { countSpooled, eraseBesideSpool } from "./spooled.ts";
import type { Subcommand } from "./subcommand.ts";
import { confirm, printJson, printLine, requireTerminal } from "./terminal.ts";

/** What is there of the visitor: tables, then the spool. */
async function countAll({ db, config }: Reached, visitor: VisitorKey): Promise<RowCount[]> {
  return [...await countVisitorRows(db, visitor), ...countSpooled(config, visitor)];
}

async function eraseAll(
  reached: Reached,
  visitor: VisitorKey,
  interrupted: AbortSignal,
): Promise<RowCount[]> {
  const erased = await eraseBesideSpool(
    reached.config,
    visitor,
    interrupted,
    () => allOrNothing(reached, (db) => eraseVisitor(db, visitor)),
  );
  await eraseTraces(reached.own ?? reached.db);
  return erased;
}

export const erase: Subcommand = {
  summary: "erases all that is stored of one visitor",
  help: `Usage: deno task footfall erase --visitor ID [--site ID] [--dry-run] [--yes] [--json]

Removes every row of a visitor, on all sites or on one: raw events, sessions, pageviews, interactions, forms, events
set aside, and what waits in the spool of this folder; also while the server runs. The days concerned are computed
again, so that the figures are what they would be had the visitor never come. Prints what went, table by table.

All or nothing in the database. A session that another visitor id shares (a tracker that gives everybody the same
session) loses the visitor's part, and is computed again from what is left of its raw events.

Not reached: backups, the database's own logs, spools of collectors on other machines (run it there, too), and
browsers, which go on sending under the id until their storage is cleared. Postgres gives the disk's blocks to other
rows when it vacuums.

  --dry-run   prints what would go
  --yes       does not ask first
  --json      answers JSON: visitor, site, erased (or would_erase): [{table, rows}]`,
  options: { visitor: "value", site: "value", "dry-run": "flag", yes: "flag", json: "flag" },
  async run(args, interrupted) {
    const visitorId = parseId("visitor", args.required("visitor"));
    const siteId = args.value("site");
    const visitor = { visitorId, siteId };
    const who = `${visitorId}${siteId === undefined ? "" : ` on ${siteId}`}`;
    const json = args.flag("json");
    const tell = (key: string, counts: RowCount[], title: string) =>
      json ? printJson({ visitor: visitorId, site: siteId ?? null, [key]: counts }) : printLine(
        counts.length === 0 ? `nothing is stored of ${who}` : `${title}\n${formatTable(counts as never)}`,
      );
    if (!args.flag("dry-run") && !args.flag("yes")) requireTerminal();
    return await reachDatabase(async (reached) => {
      if (siteId !== undefined) await requireSite(reached.db, siteId);
      if (args.flag("dry-run") || !args.flag("yes")) {
        const counts = await countAll(reached, visitor);
        if (args.flag("dry-run") || counts.length === 0) {
          return await tell(
            args.flag("dry-run") ? "would_erase" : "erased",
            counts,
            `would be erased of ${who}:`,
          );
        }
        if (!json) await printLine(`will be erased of ${who}:\n${formatTable(counts as never)}`);
        const shared = await countSharedSessions(reached.db, visitor);
        if (shared > 0 && !json) {
          await printLine(`${shared} sessions are shared with other visitors; theirs stays.`);
        }
        if (!await confirm("Erase it? It cannot be undone.")) {
          throw new CommandError("Cannot erase: not confirmed");
        }
      }
      await tell("erased", await eraseAll(reached, visitor, interrupted), `erased of ${who}:`);
    });
  },
};
