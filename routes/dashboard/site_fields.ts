import { isSiteId, type Site } from "../../db/site_directory.ts";
import { formatNetwork, readSettings } from "../../events/site_settings.ts";
import { shownHost } from "../../web/dashboard/host_names.ts";
import type { FieldErrors, SiteFields } from "../../web/dashboard/site_form.tsx";

// What stands at these places below /dashboard is no site.
const TAKEN = ["sites", "sign-in", "sign-out"];

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

/** The site that the fields describe, and what is wrong with them. */
export function readSite(fields: SiteFields): Site & { errors: FieldErrors } {
  const errors: FieldErrors = {};
  if (!isSiteId(fields.site)) errors.site = "Give 1 to 100 characters without blanks.";
  if (TAKEN.includes(fields.site)) errors.site = "This id is taken by a page of the dashboard.";
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
    errors[name as keyof SiteFields] = `“${shown}” does not fit: ${message}.`;
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
