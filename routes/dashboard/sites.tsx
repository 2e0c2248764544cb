import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { type Database, DataError } from "../../db/database.ts";
import { isSiteId, listSites, saveSite, type Site } from "../../db/site_directory.ts";
import { lastEventAt } from "../../db/stats/arrival.ts";
import { type FieldErrors, IP_MODES, type SiteFields, SitesPage } from "../../web/dashboard/sites_page.tsx";
import { publicOrigin } from "../client.ts";
import type { Guards } from "../guards.ts";
import { answerPage } from "../page.ts";
import type { ReaderEnv } from "../readers.ts";
import type { AppOptions } from "../services.ts";
import { viewerOf } from "./viewer.ts";

const PATH = "/dashboard/sites";
// What stands at these places below /dashboard is no site.
const TAKEN = ["sites", "sign-in", "sign-out"];
const EMPTY: SiteFields = { site: "", domains: "", timezone: "UTC", ipMode: "" };

/** `/dashboard/sites`: adds sites, and changes them. */
export function sitesRoutes(
  db: Database,
  adminPage: Guards["adminPage"],
  { trustProxy }: Pick<AppOptions, "trustProxy">,
): Hono<ReaderEnv> {
  const app = new Hono<ReaderEnv>();

  const show = async (c: Context<ReaderEnv>, fields: SiteFields, errors: FieldErrors, isNew: boolean) => {
    const [sites, lastEvent] = await Promise.all([
      listSites(db),
      isNew ? null : lastEventAt(db, fields.site),
    ]);
    const page = (
      <SitesPage
        viewer={viewerOf(c.get("reader"))}
        sites={sites.map(({ siteId }) => siteId)}
        fields={fields}
        errors={errors}
        isNew={isNew}
        origin={publicOrigin(c, trustProxy)}
        arrival={isNew ? null : { lastEventAt: lastEvent }}
      />
    );
    return answerPage(c, page, { status: Object.keys(errors).length > 0 ? 400 : 200 });
  };

  app.get(PATH, adminPage, async (c) => {
    const asked = c.req.query("site");
    const site = (await listSites(db)).find(({ siteId }) => siteId === asked);
    return await show(c, site ? fieldsOf(site) : EMPTY, {}, site === undefined);
  });

  app.post(PATH, adminPage, bodyLimit({ maxSize: 64 * 1024 }), async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const field = (name: keyof SiteFields) => (form.get(name) ?? "").trim();
    const fields: SiteFields = {
      site: field("site"),
      domains: field("domains"),
      timezone: field("timezone"),
      ipMode: field("ipMode"),
    };
    const isNew = !form.has("existing");
    const { errors, ...site } = readSite(fields);
    // Who slips must not change another site's domains and days.
    if (isNew && (await listSites(db)).some(({ siteId }) => siteId === fields.site)) {
      errors.site = "There is a site of this id: choose it in the list to change it.";
    }
    if (Object.keys(errors).length === 0) {
      try {
        await saveSite(db, site);
        return c.redirect(`${PATH}?site=${encodeURIComponent(site.siteId)}`, 303);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        errors.timezone = "There is no such time zone: give a name such as Europe/Berlin.";
      }
    }
    return await show(c, fields, errors, isNew);
  });
  return app;
}

function fieldsOf({ siteId, domains, timezone, ipMode }: Site): SiteFields {
  return { site: siteId, domains: domains.join(" "), timezone, ipMode: ipMode ?? "" };
}

/** The site that the fields describe, and what is wrong with them. */
function readSite({ site, domains, timezone, ipMode }: SiteFields) {
  const errors: FieldErrors = {};
  if (!isSiteId(site)) errors.site = "Give 1 to 100 characters without blanks.";
  if (TAKEN.includes(site)) errors.site = "This id is taken by a page of the dashboard.";
  const hosts = domains.split(/[\s,]+/).filter((host) => host !== "")
    .map((host) => host.toLowerCase().replace(/^https?:\/\//, "").replace(/[:/].*$/, ""));
  const wrong = hosts.find((host) => !/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(host));
  if (wrong !== undefined) errors.domains = `“${wrong}” is no host name; give one such as example.com.`;
  if (timezone === "") errors.timezone = "Give a name such as Europe/Berlin.";
  if (!Object.hasOwn(IP_MODES, ipMode)) errors.ipMode = "Choose one of the list.";
  return {
    siteId: site,
    domains: hosts,
    timezone,
    ipMode: ipMode === "" ? null : ipMode as Site["ipMode"],
    errors,
  };
}
