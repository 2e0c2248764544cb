import type { Database } from "../../db/database.ts";
import { addGoal, goals, removeGoal } from "../../db/stats/goals.ts";
import { revenue } from "../../db/stats/revenue.ts";
import { type GoalFields, GoalsPage } from "../../web/dashboard/goals_page.tsx";
import { storedPath } from "../stored_path.ts";
import { readStep, valuesOf } from "./funnel.tsx";
import { outcomeOf } from "./outcome.ts";
import type { Html, View } from "./view.ts";
import type { Visit } from "./visit.ts";
import { isolated } from "../../web/dashboard/bidi.tsx";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const goalsView: View = async (visit) => ({ page: await goalsPage(visit, { name: "", target: "" }) });

/** Adds or removes a goal, as the form says; answers the page where it cannot be added, else null. */
export async function changeGoals(db: Database, visit: Visit, form: URLSearchParams): Promise<Html | null> {
  const site = visit.query.site;
  const removed = form.get("remove");
  if (removed !== null) {
    if (UUID.test(removed)) await removeGoal(db, site, removed);
    return null;
  }
  const read = (field: string) => (form.get(field) ?? "").replaceAll("\0", "").trim();
  const fields = { name: read("name"), target: read("target") };
  const refuse = (error: string) => goalsPage(visit, { ...fields, error });
  const target = readStep(fields.target);
  if (fields.name.length < 1 || fields.name.length > 100) {
    return await refuse("Give a name of 1 to 100 characters.");
  }
  if ((target.page ?? target.event).length < 1) {
    return await refuse("Give a page's path, or an event's name.");
  }
  if (target.event !== undefined && target.event.length > 50) {
    return await refuse("An event's name has at most 50 characters; a page's path begins with a slash.");
  }
  if (target.page !== undefined && target.page.length > 2_048) {
    return await refuse("A page's path has at most 2,048 characters.");
  }
  const goal = target.page === undefined ? target : { page: await storedPath(db, site, target.page) };
  const added = await addGoal(db, site, { name: fields.name, ...goal });
  return added === undefined ? await refuse(`There is a goal named ${isolated(fields.name)} already.`) : null;
}

async function goalsPage(visit: Visit, fields: GoalFields): Promise<Html> {
  const { db, query, context } = visit;
  const [reached, paid, pages, events] = await Promise.all([
    outcomeOf(goals(db, query)),
    outcomeOf(revenue(db, query)),
    context.viewer.canEdit ? valuesOf(visit, "page") : [],
    context.viewer.canEdit ? valuesOf(visit, "event") : [],
  ]);
  return (
    <GoalsPage
      context={context}
      goals={reached}
      revenue={paid}
      fields={fields}
      known={[...pages, ...events]}
    />
  );
}
