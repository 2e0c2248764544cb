import type { Database } from "../database.ts";
import { Params, type StatsQuery } from "./query.ts";
import { stepRows } from "./rolled_up.ts";
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

/** The forms that were used, the most often started or submitted first. @param limit how many, at most */
export async function forms(db: Database, query: StatsQuery, limit = 50): Promise<FormRow[]> {
  const params = new Params();
  const rows = await askRows<
    Omit<FormRow, "completionRate" | "fields"> & { fields: { field: string; filled: number }[] }
  >(
    db,
    query,
    `
  with steps as materialized (
    select dimension, value, sum(pageviews) as pageviews, sum(events) as events
    from (${
      stepRows(
        query,
        ["page", "form_start", "form_submit", "form_abandon", "form_page", "form_field"],
        params,
      )
    }
    ) rows
    where value is not null
    group by dimension, value
  ),
  forms as (
    select value as form,
      coalesce(sum(events) filter (where dimension = 'form_start'), 0)   as starts,
      coalesce(sum(events) filter (where dimension = 'form_submit'), 0)  as submissions,
      coalesce(sum(events) filter (where dimension = 'form_abandon'), 0) as abandonments
    from steps
    where dimension in ('form_start', 'form_submit', 'form_abandon')
    group by value
    order by greatest(sum(events) filter (where dimension = 'form_start'), sum(events) filter (where dimension = 'form_submit')) desc nulls last,
      value collate "C"
    limit ${params.add(limit)}
  ),
  pages as (
    select p.value::jsonb ->> 0 as form,
      array_agg(p.value::jsonb ->> 1 order by p.events desc, p.value collate "C") filter (where p.value::jsonb ->> 1 <> '') as pages,
      coalesce(sum(v.pageviews), 0) as views
    from steps p
    left join steps v on v.dimension = 'page' and v.value = p.value::jsonb ->> 1
    where p.dimension = 'form_page'
    group by 1
  ),
  fields as (
    select value::jsonb ->> 0 as form,
      jsonb_agg(jsonb_build_object('field', value::jsonb ->> 1, 'filled', events) order by events desc, value collate "C") as fields
    from steps where dimension = 'form_field'
    group by 1
  )
  select f.form, coalesce(p.pages, '{}') as pages, coalesce(p.views, 0) as views, f.starts, f.submissions, f.abandonments,
    coalesce(d.fields, '[]') as fields
  from forms f
  left join pages p on p.form = f.form
  left join fields d on d.form = f.form
  order by greatest(f.starts, f.submissions) desc, f.form collate "C"`,
    params,
  );
  return rows.map((row) => ({
    ...row,
    // Enter in a field that the browser had filled in submits a form that nobody began.
    completionRate: row.starts === 0 ? null : Math.min(row.submissions / row.starts, 1),
    fields: row.fields.map((field) => ({ ...field, share: Math.min(field.filled / row.submissions, 1) })),
  }));
}
