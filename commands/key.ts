/** `deno task key add [--site ID] [--name N] [--scope read|write]`, `key list`, `key revoke ID`. */
import { type ApiKey, createApiKey, listApiKeys, revokeApiKey } from "../db/api_keys.ts";
import type { Asked } from "../db/database.ts";
import { isSiteId } from "../db/site_directory.ts";
import { type Arguments, oneOf, requireWord, UsageError } from "./arguments.ts";
import { CommandError, formatTable } from "./command.ts";
import { runTask } from "./program.ts";
import { reachDatabase } from "./reach.ts";
import type { Subcommand } from "./subcommand.ts";
import { printJson, printLine } from "./terminal.ts";

// As in routes/api_keys.ts.
const LONGEST_NAME = 100;

/** What to print: for a person, and for a script. */
interface Answer {
  text: string;
  json: unknown;
}

/** What is checked before the database is reached, and what is asked of it then. */
type Action = (args: Arguments, id: string | undefined) => (db: Asked) => Promise<Answer>;

const ACTIONS: Readonly<Record<string, Action>> = {
  add(args, id) {
    if (id !== undefined) throw new UsageError(`"${id}" is too much: a site is named with --site`);
    const siteId = args.value("site") ?? null;
    if (siteId !== null && !isSiteId(siteId)) {
      throw new UsageError(`--site is "${siteId}", but must be 1 to 100 characters without blanks`);
    }
    const name = args.value("name") ?? "";
    if (name.length > LONGEST_NAME || /[\p{Cc}\p{Cs}]/u.test(name)) {
      throw new UsageError(`--name must be at most ${LONGEST_NAME} characters, no control characters`);
    }
    const scope = oneOf("scope", args.value("scope") ?? "read", ["read", "write"]);
    return async (db) => {
      const { key, secret } = await createApiKey(db, { siteId, name, scope });
      return {
        text: `added: key ${key.id}, to ${scope} ${siteId ?? "all sites"}. It is shown this once:\n${secret}`,
        json: { ...key, key: secret },
      };
    };
  },
  list(_, id) {
    if (id !== undefined) throw new UsageError(`"${id}" is too much`);
    return async (db) => {
      const keys = await listApiKeys(db);
      return { text: formatTable(keys.map(rowOf)), json: keys };
    };
  },
  revoke(_, id) {
    if (id === undefined) throw new UsageError("the key's number is missing: key list shows it");
    if (!/^\d{1,15}$/.test(id)) throw new UsageError(`"${id}" is no number of a key: key list shows them`);
    return async (db) => {
      if (!await revokeApiKey(db, Number(id))) {
        throw new CommandError(`Cannot revoke ${id}: no such key is in force`);
      }
      return { text: `revoked: key ${id}`, json: { revoked: Number(id) } };
    };
  },
};

function rowOf({ id, siteId, name, scope, prefix, createdAt, lastUsedAt, revokedAt }: ApiKey) {
  return {
    id,
    site: siteId ?? "all",
    name,
    scope,
    key: `${prefix}…`,
    created: createdAt,
    last_used: lastUsedAt,
    revoked: revokedAt,
  };
}

export const key: Subcommand = {
  summary: "adds, lists and revokes API keys",
  help: `Usage:
  deno task footfall key add [--site ID] [--name N] [--scope read|write]    makes a key; of all sites without --site
  deno task footfall key list
  deno task footfall key revoke ID                                          by the number that list shows

A key opens the stats API (Authorization: Bearer ff_…). It is shown once: of it only the SHA-256 is stored.

  --site ID       the one site that it opens; without one: all
  --name N        what you call it, to know it again
  --scope SCOPE   read, or write: then also share links and goals; read
  --json          answers JSON`,
  options: { site: "value", name: "value", scope: "value", json: "flag" },
  words: 2,
  async run(args) {
    const [name, id] = args.words;
    const action = ACTIONS[requireWord(name, Object.keys(ACTIONS))]!;
    const work = action(args, id);
    const { text, json } = await reachDatabase(({ db }) => work(db));
    await (args.flag("json") ? printJson(json) : printLine(text));
  },
};

if (import.meta.main) await runTask("key", key);
