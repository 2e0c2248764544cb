/** `deno task site add|set ID [options]`, `site list`, `site remove ID [--data]`. */
import { DataError } from "../db/database.ts";
import {
  isSiteId,
  listSites,
  MAX_DOMAINS,
  newSiteIdProblem,
  type SaveOutcome,
  type Site,
  type SiteChange,
} from "../db/site_directory.ts";
import { listGoals } from "../db/stats/goals.ts";
import type { UnreachableGoal } from "../events/path_rules.ts";
import { rulesOf } from "../events/site_rules.ts";
import { formatNetwork } from "../events/site_settings.ts";
import { shownHost } from "../web/dashboard/host_names.ts";
import { type Arguments, requireWord, UsageError } from "./arguments.ts";
import { CommandError, formatTable } from "./command.ts";
import { runTask } from "./program.ts";
import { reachDatabase, type Reached, saveSiteIn } from "./reach.ts";
import { REMOVAL, type Removal, removalText, removeWith } from "./site_removal.ts";
import { readOptions, SETTINGS, SETTINGS_HELP } from "./site_options.ts";
import type { Subcommand } from "./subcommand.ts";
import { printJson, printLine } from "./terminal.ts";

/** What happened: to one site, or the list of all of them. */
type Answer =
  | { done: "added" | "changed"; site: string; unreachableGoals?: UnreachableGoal[] }
  | Removal
  | { sites: Site[] };

type Action = (
  reached: Reached,
  siteId: string,
  args: Arguments,
  interrupted: AbortSignal,
) => Promise<Answer>;

const ACTIONS = new Map<string, Action>(Object.entries({
  add: async (reached, siteId, args) => ({
    done: await save(reached, "add", { siteId, mustExist: false, ...readOptions(args) }),
    site: siteId,
  }),
  set: async (reached, siteId, args) => ({
    done: await save(reached, "set", { siteId, mustExist: true, ...readOptions(args) }),
    site: siteId,
    unreachableGoals: await unreachableGoals(reached.db, siteId),
  }),
  list: async ({ db }) => ({ sites: await listSites(db) }),
  remove: removeWith,
}));

/** Undefined where there is none. */
async function unreachableGoals(db: Reached["db"], siteId: string): Promise<UnreachableGoal[] | undefined> {
  const site = (await listSites(db)).find((site) => site.siteId === siteId);
  const goals = rulesOf(site).pathRules?.unreachable(await listGoals(db, siteId));
  return goals?.length ? goals : undefined;
}

async function save(
  reached: Reached,
  verb: string,
  site: SiteChange,
): Promise<"added" | "changed"> {
  const saved = await saveSiteIn(reached, site).catch((error) => {
    if (!(error instanceof DataError || error instanceof CommandError)) throw error;
    throw new CommandError(`Cannot ${verb} ${site.siteId}: ${error.message}`);
  });
  if (saved === "added" || saved === "changed") return saved;
  throw new CommandError(`Cannot ${verb} ${site.siteId}: ${REFUSALS[saved](site.siteId)}`);
}

const REFUSALS: Record<Exclude<SaveOutcome, "added" | "changed">, (id: string) => string> = {
  "missing": (id) => `there is no such site; add it with: deno task site add ${id}`,
  "exists": (id) =>
    `there is a site of this id; change it with: deno task site set ${id} …, such as --add-domain example.com`,
  "any-domain": (id) =>
    `it lists no domain, so pages of any host may post; to accept some only, list all of them: ` +
    `deno task site set ${id} --domain example.com --domain www.example.com`,
  "last-domain": (id) =>
    `without its last domain pages of any host could post; if they may, say so: deno task site set ${id} --domain any`,
  "not-listed": () => `it does not list all of the domains to remove; see what it lists: deno task site list`,
  "too-many": () => `it would list more than ${MAX_DOMAINS} domains; remove some with --remove-domain`,
};

/** Checks what can be checked before the database is asked. @throws {UsageError | CommandError} */
function readAction(args: Arguments): { action: Action; siteId: string } {
  const [given, id] = args.words;
  const name = requireWord(given, [...ACTIONS.keys()]);
  const action = ACTIONS.get(name)!;
  const settings = Object.values(readOptions(args)).filter((value) => value !== undefined);
  if (name === "set" && settings.length === 0) throw new UsageError("say what to set");
  const changesList = args.values("add-domain").length + args.values("remove-domain").length > 0;
  if (name === "add" && changesList) throw new UsageError("add takes --domain: the site lists no domain yet");
  if (changesList && args.values("domain").length > 0) {
    throw new UsageError("--domain gives the whole list: leave out --add-domain and --remove-domain");
  }
  if (name !== "add" && name !== "set" && settings.length > 0) throw new UsageError(`${name} sets nothing`);
  const removing = Object.keys(REMOVAL).find((option) => args.flag(option));
  if (name !== "remove" && removing !== undefined) throw new UsageError(`--${removing} goes with remove`);
  if (name !== "list") return { action, siteId: checkId(id, name === "add") };
  if (id !== undefined) throw new UsageError(`"${id}" is too much`);
  return { action, siteId: "" };
}

function checkId(id: string | undefined, isNew: boolean): string {
  if (!id) throw new UsageError("the site's id is missing");
  // A site that is there can be changed and removed whatever its id.
  const problem = isNew || !isSiteId(id) ? newSiteIdProblem(id) : undefined;
  if (problem === undefined) return id;
  throw new UsageError(`"${id}" is no site id: ${problem}`);
}

function answerText(answer: Answer): string {
  if ("sites" in answer) return formatTable(answer.sites.map(describe));
  if (!("unreachableGoals" in answer) && "keys" in answer) return removalText(answer);
  const goals = (answer.unreachableGoals ?? []).map(({ name, page, path }) =>
    `The goal ${name} is not reached any more: ${page} is stored as ${path} from now on; add a goal for that`
  );
  return [`${answer.done}: ${answer.site}`, ...goals].join("\n");
}

function describe(site: Site): Record<string, unknown> {
  return {
    site: site.siteId,
    domains: site.domains.map(shownHost).join(", ") || "any",
    timezone: site.timezone,
    ip_mode: site.ipMode ?? "as the server",
    retention_days: site.retentionDays ?? "as the server",
    redact: site.redactNames.join(", "),
    exclude_path: site.excludePaths.join(", "),
    exclude_ip: site.excludeNetworks.map(formatNetwork).join(", "),
    bots: site.countBots ? "counted" : "",
    paths: describePaths(site),
  };
}

function describePaths({ trailingSlash, indexHtml, pageParameters }: Site): string {
  return [
    ...trailingSlash === "drop" ? ["no trailing slash"] : [],
    ...indexHtml === "drop" ? ["no index.html"] : [],
    ...pageParameters.map((name) => `?${name}`),
  ].join(", ");
}

export const site: Subcommand = {
  summary: "adds, sets, lists and removes sites",
  help: `Usage:
  deno task footfall site add ID [options]    adds a site
  deno task footfall site set ID [options]    changes what is named of a site
  deno task footfall site list
  deno task footfall site remove ID [--data] [--dry-run] [--yes]

remove revokes the site's API keys and share links; its events, figures and goals stay. With --data it deletes them,
too, in chunks that hold up neither collection nor the ETL for long; also of a site that was never added, or was
removed before. It asks before it begins. Interrupted, even by kill -9, it goes on when it is run again. It does not
reach backups and the spools of collectors on other machines.

${SETTINGS_HELP}
  --data                with remove: deletes all that is stored of the site, and what waits in the spool of this folder
  --dry-run             with remove: prints what would go, by table
  --yes                 with remove --data: does not ask first
  --json                answers JSON

What is not named stays as it is. A list is replaced as a whole; --add-domain and --remove-domain change one. Collectors follow within 30 seconds, retention with the
next cleanup, and days of a new time zone are counted anew with the next roll-up.`,
  options: { ...SETTINGS, ...REMOVAL, json: "flag" },
  words: 2,
  async run(args, interrupted) {
    const { action, siteId } = readAction(args);
    const answer = await reachDatabase((reached) => action(reached, siteId, args, interrupted), {
      interrupted,
    });
    if (!args.flag("json")) await printLine(answerText(answer));
    else await printJson("sites" in answer ? answer.sites : answer);
  },
};

if (import.meta.main) await runTask("site", site);
