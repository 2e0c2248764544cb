import { breakdown } from "../../db/stats/breakdown.ts";
import { eventProperties } from "../../db/stats/event_properties.ts";
import { forms } from "../../db/stats/forms.ts";
import type { StatsQuery } from "../../db/stats/query.ts";
import { scroll } from "../../db/stats/scroll.ts";
import { type EventNames, EventsPage } from "../../web/dashboard/events_page.tsx";
import { FormsPage } from "../../web/dashboard/forms_page.tsx";
import { ScrollPage } from "../../web/dashboard/scroll_page.tsx";
import { outcomeOf } from "./outcome.ts";
import type { View } from "./view.ts";
import type { Visit } from "./visit.ts";

const MAX_NAMES = 100;

/** Of the event that is asked for, else of the most frequent one; those that the tracker sends by itself come last. */
export const eventsView: View = async ({ db, query, context }) => {
  const names = await outcomeOf(namesOf(db, query));
  const [first] = "value" in names ? [...names.value.named, ...names.value.automatic] : [];
  const name = context.address.get("name")?.slice(0, 50).replaceAll("\0", "") ?? first?.value;
  const outcome = name === undefined ? null : await outcomeOf(eventProperties(db, query, name));
  return { page: <EventsPage context={context} names={names} outcome={outcome} /> };
};

async function namesOf(db: Visit["db"], query: StatsQuery): Promise<EventNames> {
  const [named, automatic] = await Promise.all(
    [false, true].map((automatic) => breakdown(db, query, "event", { limit: MAX_NAMES, automatic })),
  );
  return { named: named!.rows, automatic: automatic!.rows };
}

export const formsView: View = async ({ db, query, context }) => ({
  page: <FormsPage context={context} outcome={await outcomeOf(forms(db, query))} />,
});

export const scrollView: View = async ({ db, query, context }) => ({
  page: <ScrollPage context={context} outcome={await outcomeOf(scroll(db, query))} />,
});
