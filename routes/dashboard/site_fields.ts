import { isSiteId, newSiteIdProblem, type Site } from "../../db/site_directory.ts";
import { formatNetwork, readSettings } from "../../events/site_settings.ts";
import { shownHost } from "../../web/dashboard/host_names.ts";
import type { FieldErrors, SiteFields } from "../../web/dashboard/site_form.tsx";
import { isolated } from "../../web/dashboard/bidi.tsx";

/** The form of a site that is to be added. */
export const EMPTY: SiteFields = {
  site: "",
  domains: "",
  timezone: "UTC",
  ipMode: "",
  retentionDays: "",
  redactNames: "",
  excludePaths: "",
  excludeNetworks: "",
  countBots: "",
  trailingSlash: "",
  indexHtml: "",
  pageParameters: "",
};

/** The form of a site that is there. */
export function fieldsOf(site: Site): SiteFields {
  return {
    site: site.siteId,
    domains: site.domains.map(shownHost).join(" "),
    timezone: site.timezone,
    ipMode: site.ipMode ?? "",
    retentionDays: String(site.retentionDays ?? ""),
    redactNames: site.redactNames.join("\n"),
    excludePaths: site.excludePaths.join("\n"),
    excludeNetworks: site.excludeNetworks.map(formatNetwork).join("\n"),
    countBots: site.countBots ? "on" : "",
    trailingSlash: site.trailingSlash,
    indexHtml: site.indexHtml,
    pageParameters: site.pageParameters.join(" "),
  };
}

/** The form as it was sent. */
export function readForm(form: URLSearchParams): SiteFields {
  const read = (name: string) => (form.get(name) ?? "").trim();
  return Object.fromEntries(Object.keys(EMPTY).map((name) => [name, read(name)])) as unknown as SiteFields;
}

/** The site that the fields describe, and what is wrong with them. @param isNew whether it is to be added */
export function readSite(fields: SiteFields, isNew: boolean): Site & { errors: FieldErrors } {
  const errors: FieldErrors = {};
  const problem = isNew || !isSiteId(fields.site) ? newSiteIdProblem(fields.site) : undefined;
  if (problem !== undefined) errors.site = `${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`;
  if (fields.timezone === "") errors.timezone = "Give a name such as Europe/Berlin.";
  const entries = (text: string, separator: RegExp) =>
    text.split(separator).filter((entry) => entry.trim() !== "");
  const given = {
    domains: entries(fields.domains, /[\s,]+/),
    ipMode: fields.ipMode || "default",
    retentionDays: fields.retentionDays || "default",
    redactNames: entries(fields.redactNames, /[\r\n,]+/),
    excludePaths: entries(fields.excludePaths, /\s+/),
    excludeNetworks: entries(fields.excludeNetworks, /[\s,]+/),
    trailingSlash: fields.trailingSlash || "keep",
    indexHtml: fields.indexHtml || "keep",
    pageParameters: entries(fields.pageParameters, /[\s,]+/),
  };
  const read = readSettings(given, (name, { shown, message }) => {
    errors[name as keyof SiteFields] = `“${isolated(shown)}” does not fit: ${message}.`;
  });
  return {
    siteId: fields.site,
    timezone: fields.timezone,
    domains: read.domains ?? [],
    ipMode: read.ipMode ?? null,
    retentionDays: read.retentionDays ?? null,
    redactNames: read.redactNames ?? [],
    excludePaths: read.excludePaths ?? [],
    excludeNetworks: read.excludeNetworks ?? [],
    countBots: fields.countBots === "on",
    trailingSlash: read.trailingSlash ?? "keep",
    indexHtml: read.indexHtml ?? "keep",
    pageParameters: read.pageParameters ?? [],
    errors,
  };
}
