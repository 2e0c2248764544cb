import { readConfig } from "../config.ts";
import { isEmbedded } from "../db/open.ts";
import { backUpPglite, restorePglite } from "../db/pglite.ts";
import { postToDevServer } from "../dev_server.ts";
import { UsageError } from "./arguments.ts";
import { CommandError } from "./command.ts";
import { reachDatabase, type Reached, requireClosed } from "./reach.ts";
import type { Subcommand } from "./subcommand.ts";
import { confirm, OutputFile, printJson, printLine } from "./terminal.ts";

const POSTGRES_HINT = "for Postgres there are pg_dump and pg_restore; docs/operations.md says how";

function requireEmbedded(what: string): string {
  const { database } = readConfig("task");
  if (isEmbedded(database) && database !== "pglite:memory") return String(database);
  throw new CommandError(`Cannot ${what}: the database is not an embedded one; ${POSTGRES_HINT}`);
}

async function readBackup({ own, devServer }: Reached): Promise<ReadableStream<Uint8Array>> {
  if (own) return (await backUpPglite(own)).stream();
  const response = await postToDevServer(devServer, "/dev/backup");
  if (!response.ok || response.body === null) {
    throw new CommandError("Cannot back up: the dev server's log says why");
  }
  return response.body;
}

export const backup: Subcommand = {
  summary: "writes the embedded database to a file",
  help: `Usage: deno task footfall backup FILE [--force] [--json]

Writes the whole embedded database to FILE, a gzipped tar, also while deno task dev runs. What waits in the spool is
not in it. For Postgres use pg_dump; docs/operations.md says how.

  --force   overwrites FILE
  --json    answers JSON: backed_up`,
  options: { force: "flag", json: "flag" },
  words: 1,
  async run(args) {
    const [path] = args.words;
    if (path === undefined) throw new UsageError("the file is missing");
    requireEmbedded("back up");
    const existing = await Deno.stat(path).catch(() => undefined);
    if (existing && (existing.isDirectory || !args.flag("force"))) {
      throw new CommandError(
        `Cannot back up: ${path} exists${existing.isDirectory ? "" : "; --force overwrites it"}`,
      );
    }
    await reachDatabase(async (reached) => {
      await using file = await OutputFile.create(path);
      for await (const chunk of await readBackup(reached)) await file.write(chunk);
      await file.finish();
    });
    await (args.flag("json") ? printJson({ backed_up: path }) : printLine(`backed up: ${path}`));
  },
};

export const restore: Subcommand = {
  summary: "puts a backup in the place of the embedded database",
  help: `Usage: deno task footfall restore FILE [--yes] [--json]

Puts what deno task footfall backup wrote in the place of the embedded database. What was there is kept beside it
under another name, which is printed. Stop deno task dev first. Events that were set aside are another thing:
deno task footfall retry-failed.

  --yes    does not ask first
  --json   answers JSON: restored, kept (where what was there is now, or null)`,
  options: { yes: "flag", json: "flag" },
  words: 1,
  async run(args) {
    const [path] = args.words;
    if (path === undefined) throw new UsageError("the file is missing");
    const target = requireEmbedded("restore");
    await requireClosed("restore", readConfig("task"));
    const archive = await Deno.readFile(path).catch((error) => {
      throw new CommandError(`Cannot read ${path}: ${error.message}`);
    });
    if (!args.flag("yes") && !await confirm(`Put ${path} in the place of ${target}?`)) {
      throw new CommandError("Cannot restore: not confirmed");
    }
    const before = await restorePglite(target.replace(/^pglite:/, ""), new Blob([archive]));
    const kept = before === undefined ? "" : `; what was there is in ${before}`;
    await (args.flag("json")
      ? printJson({ restored: path, kept: before ?? null })
      : printLine(`restored: ${path}${kept}`));
  },
};
