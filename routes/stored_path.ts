import type { Asked } from "../db/database.ts";
import { listSites } from "../db/site_directory.ts";
import { rulesOf } from "../events/site_rules.ts";

/** The path by which the site stores a page from now on. */
export async function storedPath(db: Asked, siteId: string, page: string): Promise<string> {
  const site = (await listSites(db)).find((site) => site.siteId === siteId);
  return rulesOf(site).pathRules?.pathOf(page) ?? page;
}
