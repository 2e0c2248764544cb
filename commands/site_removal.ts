import { count } from "../db/doctor/check.ts";
import { listSites } from "../db/site_directory.ts";
import {
  countSiteRows,
  deleteSiteRows,
  isSiteKnown,
  previewRemoval,
  type Removed,
  removeSite,
} from "../db/site_removal.ts";
import type { RowCount } from "../db/visitor_record.ts";
import { type Arguments, suggest } from "./arguments.ts";
import { CommandError, formatTable } from "./command.ts";
import { ProgressLine } from "./progress.ts";
import type { Reached } from "./reach.ts";
import { countSpooled, eraseBesideSpool, sumByTable } from "./spooled.ts";
import { Interrupted } from "./subcommand.ts";
import { confirm, printLine, requireTerminal } from "./terminal.ts";

/** What `site remove` did, or with `--dry-run` would do. */
export interface Removal {
  done: "removed" | "would remove";
  site: string;
  keys: number;
  links: number;
  /** Rows by table, with `--data`. */
  deleted?: RowCount[];
}

/** The options of `site remove`. */
export const REMOVAL = { data: "flag", "dry-run": "flag", yes: "flag" } as const;

/**
 * Removes a site: revokes its keys and links, and with `--data` deletes all that is stored of it.
 *
 * @throws {CommandError | Interrupted}
 */
export async function removeWith(
  reached: Reached,
  siteId: string,
  args: Arguments,
  interrupted: AbortSignal,
): Promise<Removal> {
  const [data, dryRun] = [args.flag("data"), args.flag("dry-run")];
  const preview = await previewRemoval(reached.db, siteId);
  if (!preview.registered && preview.keys + preview.links === 0) await requireRows(reached, siteId, data);
  const tell = (done: Removal["done"], { keys, links }: Removed, deleted?: RowCount[]): Removal => ({
    done,
    site: siteId,
    keys,
    links,
    ...deleted && { deleted },
  });
  if (!data) {
    return dryRun ? tell("would remove", preview) : tell("removed", await removeSite(reached.db, siteId));
  }
  const counts = [
    ...await countSiteRows(reached.db, siteId),
    ...countSpooled(reached.config, { siteId }),
  ];
  if (dryRun) return tell("would remove", preview, counts);
  if (!args.flag("yes")) {
    requireTerminal();
    if (!args.flag("json")) await printLine(`will be deleted of ${siteId}:\n${formatTable(counts as never)}`);
    if (!await confirm(`Remove ${siteId} and delete this? It cannot be undone.`)) {
      throw new CommandError("Cannot remove: not confirmed");
    }
  }
  const removed = await removeSite(reached.db, siteId);
  const all = counts.reduce((sum, { rows }) => sum + rows, 0);
  const progress = new ProgressLine("rows");
  let done = 0;
  const deleted = await eraseBesideSpool(reached.config, { siteId }, interrupted, async () => {
    const chunks: RowCount[] = [];
    try {
      for await (const chunk of deleteSiteRows(reached.db, siteId)) {
        chunks.push(chunk);
        progress.show(Math.min(done += chunk.rows, all), all, chunk.table);
        if (interrupted.aborted) break;
      }
    } catch (error) {
      if (!interrupted.aborted) throw error;
    }
    if (interrupted.aborted) {
      throw new Interrupted(
        `Interrupted: ${siteId} is removed, but not all of its rows are deleted. Run it again to go on`,
      );
    }
    return sumByTable(chunks).toSorted((a, b) => a.table < b.table ? -1 : 1);
  });
  progress.show(all, all);
  return tell("removed", removed, deleted);
}

/** @throws {CommandError} If nothing is stored of a site that is not registered, or that is not to be deleted */
async function requireRows({ db, config }: Reached, siteId: string, data: boolean): Promise<void> {
  if (!await isSiteKnown(db, siteId) && countSpooled(config, { siteId }).length === 0) {
    const sites = (await listSites(db)).map(({ siteId }) => siteId);
    throw new CommandError(`Cannot remove ${siteId}: there is no such site${suggest(siteId, sites)}`);
  }
  if (data) return;
  throw new CommandError(
    `Cannot remove ${siteId}: it is not registered; this deletes what is stored of it: ` +
      `deno task site remove ${siteId} --data`,
  );
}

/** What a person is told of it. */
export function removalText({ done, site, keys, links, deleted }: Removal): string {
  const isDone = done === "removed";
  const revoked = [
    ...keys > 0 ? [count(keys, "API key")] : [],
    ...links > 0 ? [count(links, "share link")] : [],
  ].join(" and ");
  return [
    `${done}: ${site}`,
    ...revoked ? [`${isDone ? "revoked" : "would be revoked"}: ${revoked}`] : [],
    ...deleted === undefined
      ? [`Its events, figures and goals stay; this deletes them: deno task site remove ${site} --data`]
      : deleted.length === 0
      ? [`nothing else is stored of it`]
      : [`${isDone ? "deleted" : "would be deleted"}:\n${formatTable(deleted as never)}`],
    ...isDone && deleted !== undefined
      ? [
        "Collectors may accept its events for 30 seconds more, and for good with OPEN_REGISTRATION; this deletes them: " +
        `deno task site remove ${site} --data`,
      ]
      : [],
  ].join("\n");
}
