import { realtime } from "../../db/stats/realtime.ts";
import { LiveLink } from "../../web/dashboard/live_link.tsx";
import { RealtimePage, RealtimePart } from "../../web/dashboard/realtime_page.tsx";
import { outcomeOf, statusOf } from "./outcome.ts";
import type { View } from "./view.ts";

/** The last half hour; as the part `live` the number of visitors alone, as `now` all that changes. */
export const realtimeView: View = async ({ db, query, context, now }, part) => {
  const outcome = await outcomeOf(realtime(db, query.site, now));
  switch (part) {
    case "live": {
      const visitors = "value" in outcome ? outcome.value.visitors : null;
      return { page: <LiveLink address={context.address} visitors={visitors} />, status: statusOf(outcome) };
    }
    case "now":
      return { page: <RealtimePart context={context} outcome={outcome} />, status: statusOf(outcome) };
    default:
      return { page: <RealtimePage context={context} outcome={outcome} /> };
  }
};
