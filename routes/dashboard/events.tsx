import { breakdown } from "../../db/stats/breakdown.ts";
import { eventProperties } from "../../db/stats/event_properties.ts";
import { forms } from "../../db/stats/forms.ts";
import { scroll } from "../../db/stats/scroll.ts";
import { EventsPage } from "../../web/dashboard/events_page.tsx";
import { FormsPage } from "../../web/dashboard/forms_page.tsx";
import { ScrollPage } from "../../web/dashboard/scroll_page.tsx";
import { outcomeOf } from "./outcome.ts";
import type { View } from "./view.ts";

const MAX_NAMES = 100;
// What the tracker sends by itself; a site's own events say more.
const AUTOMATIC = [
  "click",
  "scroll",
  "scroll_depth",
  "text_copy",
  "page_visibility",
  "page_exit",
  "form_start",
  "form_submit",
  "form_abandon",
];

/** Of the event that is asked for, else of the most frequent one of the site's own. */
export const eventsView: View = async ({ db, query, context }) => {
  const found = await outcomeOf(breakdown(db, query, "event", { limit: MAX_NAMES }));
  const rows = "value" in found ? found.value.rows : [];
  const names = "value" in found ? { value: rows } : found;
  const first = rows.find(({ value }) => !AUTOMATIC.includes(value)) ?? rows[0];
  const name = context.address.get("name")?.slice(0, 50).replaceAll("\0", "") ?? first?.value;
  const outcome = name === undefined ? null : await outcomeOf(eventProperties(db, query, name));
  return { page: <EventsPage context={context} names={names} outcome={outcome} /> };
};

export const formsView: View = async ({ db, query, context }) => ({
  page: <FormsPage context={context} outcome={await outcomeOf(forms(db, query))} />,
});

export const scrollView: View = async ({ db, query, context }) => ({
  page: <ScrollPage context={context} outcome={await outcomeOf(scroll(db, query))} />,
});
