import { journeys } from "../../db/stats/journeys.ts";
import { retention } from "../../db/stats/retention.ts";
import { JourneysPage } from "../../web/dashboard/journeys_page.tsx";
import { RetentionPage } from "../../web/dashboard/retention_page.tsx";
import { valuesOf } from "./funnel.tsx";
import { outcomeOf } from "./outcome.ts";
import type { View } from "./view.ts";

export const retentionView: View = async ({ db, query, context }) => ({
  page: <RetentionPage context={context} outcome={await outcomeOf(retention(db, query))} />,
});

/** Of the page that is asked for, else of the one with the most views. */
export const journeysView: View = async (visit) => {
  const { db, query, context } = visit;
  const known = await valuesOf(visit, "page");
  const path = (context.address.get("path") ?? known[0] ?? "/").trim().slice(0, 2_048).replaceAll("\0", "");
  const outcome = await outcomeOf(journeys(db, query, path));
  return { page: <JourneysPage context={context} path={path} known={known} outcome={outcome} /> };
};
