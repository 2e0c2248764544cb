import type { Database } from "../database.ts";
import { askEach, compareBytes, filterParts, sumRows } from "./halves.ts";
import { Params, type StatsQuery } from "./query.ts";
import { type StepDimension, stepRows } from "./rolled_up.ts";
import { askRows } from "./segments.ts";

/** How visitors get along with a form. */
export interface FormRow {
  /** Its id; `""` for forms without one. */
  form: string;
  /** The pages on which it was used, the most often used first. */
  pages: string[];
  /** Pageviews of these pages. */
  views: number;
  /** Somebody put something in. */
  starts: number;
  submissions: number;
  /** Left after a start. */
  abandonments: number;
  /** 0..1: submissions of starts; null where no start was seen. */
  completionRate: number | null;
  /** How many submissions had something in a field; `share` 0..1 of the submissions. */
  fields: { field: string; filled: number; share: number }[];
}

/** What is done with a form. */
const USES = ["form_start", "form_submit", "form_abandon"] as const;

/** The forms that were used, the most often started or submitted first. @param limit how many, at most */
export async function forms(db: Database, query: StatsQuery, limit = 50): Promise<FormRow[]> {
  const parts = await filterParts(db, query);
  const steps = await countSteps(db, parts, [...USES, "form_page", "form_field"]);
  const pages = namesByForm(steps, "form_page");
  const fields = namesByForm(steps, "form_field");
  const used = usesOfForms(steps).slice(0, limit);
  const views = await viewsOf(db, parts, used.flatMap(({ form }) => pages.get(form) ?? []));
  return used.map(({ form, starts, submissions, abandonments }) => {
    const ownPages = (pages.get(form) ?? []).map(({ name }) => name);
    return {
      form,
      pages: ownPages.filter((page) => page !== ""),
      views: ownPages.reduce((sum, page) => sum + (views.get(page) ?? 0), 0),
      starts,
      submissions,
      abandonments,
      // Enter in a field that the browser had filled in submits a form that nobody began.
      completionRate: starts === 0 ? null : Math.min(submissions / starts, 1),
      fields: (fields.get(form) ?? [])
        .map(({ name, events }) => ({
          field: name,
          filled: events,
          share: Math.min(events / submissions, 1),
        })),
    };
  });
}

/** How often something was done, and a page viewed. */
interface StepCount {
  dimension: StepDimension;
  value: string;
  pageviews: number;
  events: number;
}

/** @param values no others, where they are given */
async function countSteps(
  db: Database,
  parts: StatsQuery[],
  dimensions: readonly StepDimension[],
  values?: readonly string[],
): Promise<StepCount[]> {
  const counted = await askEach(parts, (part) => {
    const params = new Params();
    return askRows<StepCount>(
      db,
      part,
      `
  select dimension, value, sum(pageviews) as pageviews, sum(events) as events
  from (${stepRows(part, dimensions, params, values)}
  ) rows
  where value is not null
  group by dimension, value`,
      params,
    );
  });
  return sumRows(counted.flat(), ({ dimension, value }) => `${dimension} ${value}`);
}

function usesOfForms(steps: StepCount[]) {
  const uses = steps.filter(({ dimension }) => (USES as readonly string[]).includes(dimension));
  return [...Map.groupBy(uses, ({ value }) => value)].map(([form, steps]) => {
    const count = (use: StepDimension) => steps.find(({ dimension }) => dimension === use)?.events ?? 0;
    return {
      form,
      starts: count("form_start"),
      submissions: count("form_submit"),
      abandonments: count("form_abandon"),
    };
  }).sort((a, b) =>
    Math.max(b.starts, b.submissions) - Math.max(a.starts, a.submissions) || compareBytes(a.form, b.form)
  );
}

/** What stands with a form in the values of a dimension, `["form", "name"]`: the most frequent first. */
function namesByForm(
  steps: StepCount[],
  dimension: "form_page" | "form_field",
): Map<string, { name: string; events: number }[]> {
  const pairs = steps.filter((step) => step.dimension === dimension).map(({ value, events }) => {
    const [form, name] = JSON.parse(value) as [string, string];
    return { form, name, events };
  }).sort((a, b) => b.events - a.events || compareBytes(a.name, b.name));
  return Map.groupBy(pairs, ({ form }) => form);
}

async function viewsOf(
  db: Database,
  parts: StatsQuery[],
  pages: { name: string }[],
): Promise<Map<string, number>> {
  if (pages.length === 0) return new Map();
  const names = [...new Set(pages.map(({ name }) => name))];
  const counts = await countSteps(db, parts, ["page"], names);
  return new Map(counts.map(({ value, pageviews }) => [value, pageviews]));
}
