import type { Database } from "../database.ts";
import { Params, type StatsQuery } from "./query.ts";
import { ask, chosenFacts, scopeOf } from "./scope.ts";
import { sumsOfValues } from "./value_sums.ts";

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

/** The forms that were used, the most often started or submitted first. @param limit how many, at most; null: all */
export async function forms(db: Database, query: StatsQuery, limit: number | null = 50): Promise<FormRow[]> {
  const [used, fields] = await Promise.all([usedForms(db, query, limit), filledFields(db, query)]);
  const fieldsOf = Map.groupBy(fields, ({ form }) => form);
  const views = await sumsOfValues(db, query, "page", [...new Set(used.flatMap(({ pages }) => pages))]);
  return used.map(({ form, pages, starts, submissions, abandonments }) => ({
    form,
    pages: pages.filter((page) => page !== ""),
    views: pages.reduce((sum, page) => sum + (views.get(page)?.pageviews ?? 0), 0),
    starts,
    submissions,
    abandonments,
    // The Enter key in a field that the browser filled in submits a form without a start.
    completionRate: starts === 0 ? null : Math.min(submissions / starts, 1),
    fields: (fieldsOf.get(form) ?? [])
      .map(({ field, filled }) => ({ field, filled, share: Math.min(filled / submissions, 1) })),
  }));
}

type UsedForm = Pick<FormRow, "form" | "pages" | "starts" | "submissions" | "abandonments">;

async function usedForms(db: Database, query: StatsQuery, limit: number | null): Promise<UsedForm[]> {
  const params = new Params();
  const scope = await scopeOf(db, query, params);
  const columns = "form_id, page, starts, submissions, abandonments";
  return await ask<UsedForm>(
    db,
    `
  with pages as (
    select form_id, page, sum(starts) as starts, sum(submissions) as submissions, sum(abandonments) as abandonments
    from (${
      scope.kind === "days"
        ? `
      select ${columns} from daily_forms where ${scope.rolledUp}
      union all
      select ${columns} from forms_of_days(${scope.site}, ${scope.openDays})`
        : `
      select coalesce(form_id, '') as form_id, coalesce(page_path, '') as page,
        (event_type = 'form_start')::integer as starts, (event_type = 'form_submit')::integer as submissions,
        (event_type = 'form_abandon')::integer as abandonments
      from (${chosenFacts(query, scope, "user_events", params)}
        and is_own_event(f.event_type) and f.event_type in ('form_start', 'form_submit', 'form_abandon')
      ) e`
    }
    ) uses
    group by form_id, page
  )
  select form_id as form, array_agg(page order by starts + submissions + abandonments desc, page collate "C") as pages,
    sum(starts) as starts, sum(submissions) as submissions, sum(abandonments) as abandonments
  from pages
  group by form_id
  order by greatest(sum(starts), sum(submissions)) desc, form_id collate "C"
  limit ${params.add(limit)}::integer`,
    params,
  );
}

/** The fields of every form, those that were filled in most first. */
async function filledFields(
  db: Database,
  query: StatsQuery,
): Promise<{ form: string; field: string; filled: number }[]> {
  const params = new Params();
  const scope = await scopeOf(db, query, params);
  return await ask(
    db,
    `
  select form_id as form, field, sum(filled) as filled
  from (${
      scope.kind === "days"
        ? `
    select form_id, field, filled from daily_form_fields where ${scope.rolledUp}
    union all
    select form_id, field, filled from form_fields_of_days(${scope.site}, ${scope.openDays})`
        : `
    select coalesce(f.form_id, '') as form_id, left(field.name, 200) as field, 1 as filled
    from (${chosenFacts(query, scope, "form_submissions", params)}
    ) f
    cross join lateral jsonb_each_text(case when jsonb_typeof(f.form_data) = 'object' then f.form_data else '{}' end) as field(name, value)
    where field.value <> ''`
    }
  ) parts
  group by form_id, field
  order by sum(filled) desc, field collate "C"`,
    params,
  );
}
