import type { SiteChange } from "../db/site_directory.ts";
import {
  InvalidSetting,
  readDomain,
  readExcludePath,
  readIpMode,
  readList,
  readNetwork,
  readRedactName,
  readRetentionDays,
} from "../events/site_settings.ts";
import type { Arguments, OptionKind } from "./arguments.ts";
import { CommandError } from "./command.ts";

/** The options that set something of a site. */
export const SETTINGS = {
  domain: "values",
  timezone: "value",
  "ip-mode": "value",
  "retention-days": "value",
  redact: "values",
  "exclude-path": "values",
  "exclude-ip": "values",
} as const satisfies Record<string, OptionKind>;

/** What they mean, for the help. */
export const SETTINGS_HELP =
  `  --domain D            a host whose pages may post; as often as needed; any: those of any
  --timezone TZ         the site's days follow it, as Europe/Berlin; UTC
  --ip-mode M           how addresses are kept: full, truncate or none; default: as IP_MODE says
  --retention-days N    how long raw events stay; default: as RETENTION_DAYS says
  --redact NAME         a form field or parameter whose value is never stored; as often as needed; none
  --exclude-path P      pages whose events are dropped, as /admin/*; as often as needed; none
  --exclude-ip NET      an address or network whose visitors' events are dropped; as often as needed; none`;

/** What the options say about a site; undefined where they say nothing. @throws {CommandError} */
export function readSettings(args: Arguments): Omit<SiteChange, "siteId"> {
  return {
    domains: listOf(args, "domain", "any", readDomain),
    timezone: args.value("timezone"),
    ipMode: valueOf(args, "ip-mode", readIpMode),
    retentionDays: valueOf(args, "retention-days", readRetentionDays),
    redactNames: listOf(args, "redact", "none", readRedactName),
    excludePaths: listOf(args, "exclude-path", "none", readExcludePath),
    excludeNetworks: listOf(args, "exclude-ip", "none", readNetwork),
  };
}

function valueOf<T>(args: Arguments, name: string, read: (text: string) => T): T | undefined {
  const given = args.value(name);
  return given === undefined ? undefined : checked(name, () => read(given));
}

/** @param empty the word that stands for no entry */
function listOf(
  args: Arguments,
  name: string,
  empty: string,
  read: (text: string) => string,
): string[] | undefined {
  const given = args.values(name);
  if (given.length === 0) return undefined;
  if (given.length === 1 && given[0] === empty) return [];
  return checked(name, () => readList(given, read));
}

function checked<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidSetting)) throw error;
    throw new CommandError(`Cannot set --${name} to "${error.given}": ${error.message}`);
  }
}
