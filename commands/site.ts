/** `deno task site add ID [--domain D]… [--timezone TZ]`, `site list`, `site remove ID`. */
import { parseArgs } from "@std/cli/parse-args";
import { type Database, DataError } from "../db/database.ts";
import { listSites, removeSite, saveSite } from "../db/site_directory.ts";
import { CommandError, formatTable, requireMigrated, runCommand, withDatabase } from "./command.ts";

const USAGE = `Usage:
  deno task site add ID [--domain D]… [--timezone TZ]    adds a site, or changes it
  deno task site list
  deno task site remove ID                               its events and metrics stay`;

type Command = (
  db: Database,
  id: string | undefined,
  domains: string[],
  timezone: string | undefined,
) => Promise<string>;

const COMMANDS = new Map<string, Command>(Object.entries({
  add: async (db, id, domains, timezone) => {
    const siteId = checkId(id);
    const hosts = domains.length > 0 ? domains.map(checkDomain) : undefined;
    try {
      return `${await saveSite(db, { siteId, domains: hosts, timezone })}: ${siteId}`;
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      throw new CommandError(
        `Cannot add ${siteId}: timezone ${timezone} is unknown; give a name such as Europe/Berlin`,
      );
    }
  },
  list: async (db) =>
    formatTable(
      (await listSites(db)).map(({ siteId, domains, timezone, ipMode }) => ({
        site: siteId,
        domains: domains.join(", ") || "any",
        timezone,
        ip_mode: ipMode ?? "as the server",
      })),
    ),
  remove: async (db, id) => {
    const siteId = checkId(id);
    if (!await removeSite(db, siteId)) {
      throw new CommandError(`Cannot remove ${siteId}: there is no such site`);
    }
    return `removed: ${siteId}`;
  },
}));

function checkId(id: string | undefined): string {
  if (id && id.length <= 100 && /^\S+$/.test(id)) return id;
  throw new CommandError(
    `Cannot do that: ${
      id ? `"${id}" is no site id: give 1 to 100 characters without blanks` : "the site's id is missing"
    }.\n${USAGE}`,
  );
}

/** A host name; a URL is cut to its host. */
function checkDomain(domain: string): string {
  const host = domain.toLowerCase().replace(/^https?:\/\//, "").replace(/[:/].*$/, "");
  if (/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(host)) return host;
  throw new CommandError(`Cannot add the domain "${domain}": give a host name such as example.com`);
}

// Last, since it runs at once and needs everything above.
await runCommand(async () => {
  const args = parseArgs(Deno.args, {
    string: ["domain", "timezone", "_"],
    collect: ["domain"],
    boolean: ["help"],
    unknown: (arg, key) => {
      if (key !== undefined) throw new CommandError(`Cannot do that: ${arg} is not known.\n${USAGE}`);
      return true;
    },
  });
  if (args.help) return USAGE;
  const [action, id, ...rest] = args._.map(String);
  if (rest.length > 0) throw new CommandError(`Cannot do that: ${rest.join(" ")} is too much.\n${USAGE}`);
  const command = COMMANDS.get(action ?? "");
  if (!command) throw new CommandError(USAGE);
  return await withDatabase(async (db) => {
    await requireMigrated(db);
    return await command(db, id, args.domain as string[], args.timezone as string | undefined);
  });
});
