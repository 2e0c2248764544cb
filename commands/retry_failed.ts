import { count } from "../db/doctor/check.ts";
import { parseId } from "./arguments.ts";
import { requireSite } from "./known_site.ts";
import { reachDatabase } from "./reach.ts";
import type { Subcommand } from "./subcommand.ts";
import { printJson, printLine } from "./terminal.ts";

export const retryFailed: Subcommand = {
  summary: "gives events that were set aside back to the ETL",
  help: `Usage: deno task footfall retry-failed [--site ID] [--json]

Events that could not be processed are in failed_events with their reason. After what was wrong is mended (a new
version, say), this puts them back among those that wait; the next run of the ETL processes them, or sets them aside
again. An event whose raw event is past its retention cannot be tried again and stays where it is.`,
  options: { site: "value", json: "flag" },
  async run(args) {
    const given = args.value("site");
    const siteId = given === undefined ? null : parseId("site", given);
    const outcome = await reachDatabase(async ({ db }) => {
      if (siteId !== null) await requireSite(db, siteId);
      const [row] = await db.query<{ retried: number; kept: number }>(
        "select retried, kept from retry_failed_events($1)",
        [siteId],
      );
      return row!;
    });
    if (args.flag("json")) return await printJson(outcome);
    const { retried, kept } = outcome;
    const next = retried > 0 ? "; deno task footfall etl processes them now" : "";
    const left = kept > 0 ? `; set aside still: ${kept}, whose raw events are gone or wait already` : "";
    await printLine(`waiting again: ${count(retried, "event")}${next}${left}`);
  },
};
