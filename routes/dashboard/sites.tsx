import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { type Database, DataError } from "../../db/database.ts";
import { listSites, saveSite } from "../../db/site_directory.ts";
import { listRefusedOrigins } from "../../db/refused_origins.ts";
import { listGoals } from "../../db/stats/goals.ts";
import { lastEventAt } from "../../db/stats/arrival.ts";
import { originHost } from "../../events/origin.ts";
import { rulesOf } from "../../events/site_rules.ts";
import type { FieldErrors, SiteFields } from "../../web/dashboard/site_form.tsx";
import { SitesPage } from "../../web/dashboard/sites_page.tsx";
import { addressOf, publicOrigin } from "../client.ts";
import type { Guards } from "../guards.ts";
import { answerPage } from "../page.ts";
import type { ReaderEnv } from "../readers.ts";
import type { AppOptions } from "../services.ts";
import { EMPTY, fieldsOf, readForm, readSite } from "./site_fields.ts";
import { viewerOf } from "./viewer.ts";

const PATH = "/dashboard/sites";
/** `/dashboard/sites`: adds sites, and changes them. */
export function sitesRoutes(
  db: Database,
  adminPage: Guards["adminPage"],
  { trustProxy }: Pick<AppOptions, "trustProxy">,
): Hono<ReaderEnv> {
  const app = new Hono<ReaderEnv>();

  const show = async (c: Context<ReaderEnv>, fields: SiteFields, errors: FieldErrors, isNew: boolean) => {
    const [sites, lastEvent, refusedOrigins, goals] = await Promise.all([
      listSites(db),
      isNew ? null : lastEventAt(db, fields.site),
      listRefusedOrigins(db, isNew ? undefined : fields.site),
      isNew ? [] : listGoals(db, fields.site),
    ]);
    const address = addressOf(c, trustProxy);
    const site = sites.find(({ siteId }) => siteId === fields.site);
    const page = (
      <SitesPage
        viewer={viewerOf(c.get("reader"))}
        sites={sites.map(({ siteId }) => siteId)}
        fields={fields}
        errors={errors}
        isNew={isNew}
        origin={publicOrigin(c, trustProxy)}
        address={address}
        isLeftOut={rulesOf(site).exclusions?.hasAddress(address) ?? false}
        refusedOrigins={refusedOrigins.map(({ origin, ...refused }) => ({
          ...refused,
          origin,
          host: originHost(origin),
        }))}
        unreachableGoals={rulesOf(site).pathRules?.unreachable(goals) ?? []}
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
    const fields = readForm(form);
    const isNew = !form.has("existing");
    const { errors, ...site } = readSite(fields, isNew);
    if (Object.keys(errors).length === 0) {
      try {
        const saved = await saveSite(db, { ...site, mustExist: !isNew });
        if (saved === "missing") {
          const gone = { site: "There is no site of this id any more: it was removed meanwhile." };
          return await show(c, fields, gone, true);
        }
        if (saved === "exists") {
          const taken = { site: "There is a site of this id: choose it in the list to change it." };
          return await show(c, fields, taken, true);
        }
        return c.redirect(`${PATH}?site=${encodeURIComponent(site.siteId)}`, 303);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        errors.timezone = `${error.message.replace(/^t/, "T")}.`;
      }
    }
    return await show(c, fields, errors, isNew);
  });
  return app;
}
