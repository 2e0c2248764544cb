import { breakdown } from "../../db/stats/breakdown.ts";
import { funnel, type FunnelStep, type FunnelUnit, MAX_STEPS, MIN_STEPS } from "../../db/stats/funnel.ts";
import type { Dimension } from "../../db/stats/query.ts";
import { FunnelPage } from "../../web/dashboard/funnel_page.tsx";
import { outcomeOf } from "./outcome.ts";
import type { View } from "./view.ts";
import type { Visit } from "./visit.ts";

const OFFERED = 100;

export const funnelView: View = async (visit) => {
  const { c, db, query, context } = visit;
  const asked = (c.req.queries("step") ?? []).map((step) => step.trim().slice(0, 2_048).replaceAll("\0", ""));
  const steps = asked.filter((step) => step !== "").slice(0, MAX_STEPS);
  const by: FunnelUnit = context.address.get("by") === "visitor" ? "visitor" : "session";
  const [outcome, pages, events] = await Promise.all([
    steps.length < MIN_STEPS ? null : outcomeOf(funnel(db, query, steps.map(readStep), by)),
    valuesOf(visit, "page"),
    valuesOf(visit, "event"),
  ]);
  return {
    page: (
      <FunnelPage context={context} steps={steps} by={by} known={[...pages, ...events]} outcome={outcome} />
    ),
  };
};

/** `page:/a` and `event:signup`, as the API has it; or just `/a` and `signup`. */
export function readStep(text: string): FunnelStep {
  const [, kind, name] = /^(page|event):([^]+)$/.exec(text) ?? [];
  if (kind === undefined) return text.startsWith("/") ? { page: text } : { event: text };
  return kind === "page" ? { page: name! } : { event: name! };
}

/** The most frequent values, to choose from; none where they cannot be had. */
export async function valuesOf({ db, query }: Visit, dimension: Dimension): Promise<string[]> {
  const outcome = await outcomeOf(breakdown(db, { ...query, filters: [] }, dimension, { limit: OFFERED }));
  return "value" in outcome
    ? outcome.value.rows.map(({ value }) => value).filter((value) => value !== "")
    : [];
}
