import type { SiteChange } from "../db/site_directory.ts";
import { type GivenSettings, readSettings } from "../events/site_settings.ts";
import { type Arguments, type OptionKind, UsageError } from "./arguments.ts";
import { CommandError } from "./command.ts";

/** The options that set something of a site. */
export const SETTINGS = {
  domain: "values",
  "add-domain": "values",
  "remove-domain": "values",
  timezone: "value",
  "ip-mode": "value",
  "retention-days": "value",
  redact: "values",
  "exclude-path": "values",
  "exclude-ip": "values",
  "count-bots": "flag",
  "no-count-bots": "flag",
  "trailing-slash": "value",
  "index-html": "value",
  "page-parameter": "values",
} as const satisfies Record<string, OptionKind>;

/** What they mean, for the help. */
export const SETTINGS_HELP =
  `  --domain D            a host whose pages may post; as often as needed; any: those of any
  --add-domain D        one more of them; as often as needed; set only
  --remove-domain D     one less of them; as often as needed; set only
  --timezone TZ         the site's days follow it, as Europe/Berlin; UTC
  --ip-mode M           how addresses are kept: full, truncate or none; default: as IP_MODE says
  --retention-days N    how long raw events stay; default: as RETENTION_DAYS says
  --redact NAME         a form field or parameter whose value is never stored; as often as needed; none
  --exclude-path P      pages whose events are dropped, as /admin/*; as often as needed; none
  --exclude-ip NET      an address or network whose visitors' events are dropped; as often as needed; none
  --count-bots          what bots send counts like what people do, from now on; --no-count-bots: it is left out
  --trailing-slash M    whether /about/ keeps its slash or is stored as /about, from now on: keep or drop
  --index-html M        whether /index.html stays or is stored as /, likewise: keep or drop
  --page-parameter NAME a query parameter that identifies a page, such as id in /shop?id=7; as often as needed; none`;

// Which option gives a setting.
const OPTIONS: Record<keyof GivenSettings, keyof typeof SETTINGS> = {
  domains: "domain",
  addDomains: "add-domain",
  removeDomains: "remove-domain",
  ipMode: "ip-mode",
  retentionDays: "retention-days",
  redactNames: "redact",
  excludePaths: "exclude-path",
  excludeNetworks: "exclude-ip",
  trailingSlash: "trailing-slash",
  indexHtml: "index-html",
  pageParameters: "page-parameter",
};

/** What the options say about a site; undefined where they say nothing. @throws {CommandError} */
export function readOptions(args: Arguments): Omit<SiteChange, "siteId"> {
  const given: GivenSettings = {
    domains: entries(args, "domain", "any"),
    addDomains: some(args.values("add-domain")),
    removeDomains: some(args.values("remove-domain")),
    ipMode: args.value("ip-mode"),
    retentionDays: args.value("retention-days"),
    redactNames: entries(args, "redact", "none"),
    excludePaths: entries(args, "exclude-path", "none"),
    excludeNetworks: entries(args, "exclude-ip", "none"),
    trailingSlash: args.value("trailing-slash"),
    indexHtml: args.value("index-html"),
    pageParameters: entries(args, "page-parameter", "none"),
  };
  const settings = readSettings(given, (name, { shown, message }) => {
    throw new CommandError(`Cannot set --${OPTIONS[name]} to "${shown}": ${message}`);
  });
  return { timezone: args.value("timezone"), countBots: readCountBots(args), ...settings };
}

function readCountBots(args: Arguments): boolean | undefined {
  const [counts, leavesOut] = [args.flag("count-bots"), args.flag("no-count-bots")];
  if (counts && leavesOut) throw new UsageError("give --count-bots or --no-count-bots, not both");
  return counts || leavesOut ? counts : undefined;
}

/** @param empty the word that stands for no entry */
function entries(args: Arguments, name: string, empty: string): string[] | undefined {
  const given = some(args.values(name));
  return given?.length === 1 && given[0] === empty ? [] : given;
}

function some(values: string[]): string[] | undefined {
  return values.length === 0 ? undefined : values;
}
