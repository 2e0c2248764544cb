/** `deno task site add ID [--domain D]… [--timezone TZ]`, `site list`, `site remove ID`. */
import { DataError } from "../db/database.ts";
import { listSites, removeSite, saveSite, type Site } from "../db/site_directory.ts";
import { askDevServer } from "../dev_server.ts";
import { requireWord, UsageError } from "./arguments.ts";
import { CommandError, formatTable } from "./command.ts";
import { runTask } from "./program.ts";
import { reachDatabase, type Reached } from "./reach.ts";
import type { Subcommand } from "./subcommand.ts";
import { printJson, printLine } from "./terminal.ts";

interface Request {
  id: string | undefined;
  domains: string[];
  timezone: string | undefined;
}

/** What happened: to one site, or the list of all of them. */
type Answer = { done: "added" | "changed" | "removed"; site: string } | { sites: Site[] };

type Action = (reached: Reached, request: Request) => Promise<Answer>;

const ACTIONS = new Map<string, Action>(Object.entries({
  add: async (reached, { id, domains, timezone }) => {
    const siteId = checkId(id);
    const hosts = domains.length > 0 ? domains.map(checkDomain) : undefined;
    return { done: await save(reached, { siteId, domains: hosts, timezone }), site: siteId };
  },
  list: async ({ db }) => ({ sites: await listSites(db) }),
  remove: async ({ db }, { id }) => {
    const siteId = checkId(id);
    if (!await removeSite(db, siteId)) {
      throw new CommandError(`Cannot remove ${siteId}: there is no such site`);
    }
    return { done: "removed", site: siteId };
  },
}));

type NewSite = { siteId: string; domains?: string[]; timezone?: string };

async function save({ own, devServer }: Reached, site: NewSite): Promise<"added" | "changed"> {
  try {
    if (own) return await saveSite(own, site);
    return (await askDevServer<{ saved: "added" | "changed" }>(devServer, "/dev/site", site)).saved;
  } catch (error) {
    // Of the server only the message comes.
    if (!(error instanceof DataError || /time zone .* not recognized/.test((error as Error).message))) {
      throw error;
    }
    throw new CommandError(
      `Cannot add ${site.siteId}: timezone ${site.timezone} is unknown; give a name such as Europe/Berlin`,
    );
  }
}

function checkId(id: string | undefined): string {
  if (id && id.length <= 100 && /^\S+$/.test(id)) return id;
  throw new UsageError(
    id ? `"${id}" is no site id: give 1 to 100 characters without blanks` : "the site's id is missing",
  );
}

/** A host name; a URL is cut to its host. */
function checkDomain(domain: string): string {
  const host = domain.toLowerCase().replace(/^https?:\/\//, "").replace(/[:/].*$/, "");
  if (/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(host)) return host;
  throw new CommandError(`Cannot add the domain "${domain}": give a host name such as example.com`);
}

function answerText(answer: Answer): string {
  if ("done" in answer) return `${answer.done}: ${answer.site}`;
  return formatTable(
    answer.sites.map(({ siteId, domains, timezone, ipMode }) => ({
      site: siteId,
      domains: domains.join(", ") || "any",
      timezone,
      ip_mode: ipMode ?? "as the server",
    })),
  );
}

export const site: Subcommand = {
  summary: "adds, lists and removes sites",
  help: `Usage:
  deno task footfall site add ID [--domain D]… [--timezone TZ]    adds a site, or changes it
  deno task footfall site list
  deno task footfall site remove ID                               its events and metrics stay

  --domain D      a host whose pages may post; as often as needed; without one: any
  --timezone TZ   the site's days follow it, as Europe/Berlin; UTC
  --json          answers JSON`,
  options: { domain: "values", timezone: "value", json: "flag" },
  words: 2,
  async run(args) {
    const [name, id] = args.words;
    const action = ACTIONS.get(requireWord(name, [...ACTIONS.keys()]))!;
    if (name === "list" && id !== undefined) throw new UsageError(`"${id}" is too much`);
    if (name !== "list") checkId(id);
    const answer = await reachDatabase((reached) =>
      action(reached, { id, domains: args.values("domain"), timezone: args.value("timezone") })
    );
    if (!args.flag("json")) await printLine(answerText(answer));
    else await printJson("sites" in answer ? answer.sites : answer);
  },
};

if (import.meta.main) await runTask("site", site);
