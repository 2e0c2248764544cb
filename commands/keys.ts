import { parseArgs } from "@std/cli/parse-args";
import { createApiKey, listApiKeys, revokeApiKey, type Scope } from "../db/api_keys.ts";
import type { Asked } from "../db/database.ts";
import { isSiteId } from "../db/site_directory.ts";
import { CommandError, formatTable } from "./command.ts";
import { reachDatabase } from "./reach.ts";

const USAGE = `Usage:
  deno task key add [--site ID] [--name N] [--scope read|write]    makes a key; of all sites without --site
  deno task key list
  deno task key revoke ID                                          by the number that list shows`;

interface KeyFlags {
  site?: string;
  name?: string;
  scope?: string;
}

type Command = (db: Asked, id: string | undefined, flags: KeyFlags) => Promise<string>;

const COMMANDS = new Map<string, Command>(Object.entries({
  add: async (db, id, { site, name = "", scope = "read" }) => {
    if (id !== undefined) throw new CommandError(`Cannot add ${id}: a site is named with --site.\n${USAGE}`);
    if (site !== undefined && !isSiteId(site)) {
      throw new CommandError(
        `Cannot add a key: "${site}" is no site id: give 1 to 100 characters without blanks`,
      );
    }
    if (scope !== "read" && scope !== "write") {
      throw new CommandError(`Cannot add a key: the scope "${scope}" is unknown; give read or write`);
    }
    const { key, secret } = await createApiKey(db, { siteId: site ?? null, name, scope: scope as Scope });
    return `added: key ${key.id}, to ${scope} ${site ?? "all sites"}. It is shown this once:\n${secret}`;
  },
  list: async (db) =>
    formatTable(
      (await listApiKeys(db)).map((
        { id, siteId, name, scope, prefix, createdAt, lastUsedAt, revokedAt },
      ) => ({
        id,
        site: siteId ?? "all",
        name,
        scope,
        key: `${prefix}…`,
        created: createdAt,
        last_used: lastUsedAt,
        revoked: revokedAt,
      })),
    ),
  revoke: async (db, id) => {
    if (id === undefined || !/^\d{1,15}$/.test(id)) {
      throw new CommandError(`Cannot revoke ${id ?? "nothing"}: give the number of a key.\n${USAGE}`);
    }
    if (!await revokeApiKey(db, Number(id))) {
      throw new CommandError(`Cannot revoke ${id}: no such key is in force`);
    }
    return `revoked: key ${id}`;
  },
}));

/** Does what `args` say about API keys; answers what to print. @throws {CommandError} */
export async function runKeyCommand(args: string[]): Promise<string> {
  const flags = parseArgs(args, {
    string: ["site", "name", "scope", "_"],
    boolean: ["help"],
    unknown: (arg, key) => {
      if (key !== undefined) throw new CommandError(`Cannot do that: ${arg} is not known.\n${USAGE}`);
      return true;
    },
  });
  if (flags.help) return USAGE;
  const [action, id, ...rest] = flags._.map(String);
  if (rest.length > 0) throw new CommandError(`Cannot do that: ${rest.join(" ")} is too much.\n${USAGE}`);
  const command = COMMANDS.get(action ?? "");
  if (!command) throw new CommandError(USAGE);
  return await reachDatabase(({ db }) => command(db, id, flags as KeyFlags));
}
