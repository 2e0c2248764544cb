import type { Database } from "../database.ts";
import { Params, type StatsQuery } from "./query.ts";
import { stepRows } from "./rolled_up.ts";
import { askRows } from "./segments.ts";

/** What events of a name brought in, in one currency. */
export interface RevenueRow {
  event: string;
  /** As three capitals; `""` where none was sent. */
  currency: string;
  payments: number;
  /** In units of the currency; refunds are negative. */
  amount: number;
}

/** The sums of `revenue` that came with events, the greatest of each currency first. */
export async function revenue(db: Database, query: StatsQuery): Promise<RevenueRow[]> {
  const params = new Params();
  return await askRows<RevenueRow>(
    db,
    query,
    `
  select value::jsonb ->> 0 as event, value::jsonb ->> 1 as currency, sum(events) as payments, sum(amount) as amount
  from (${stepRows(query, ["revenue"], params)}
  ) steps
  where value is not null
  group by value
  order by (value::jsonb ->> 1) collate "C", sum(amount) desc, (value::jsonb ->> 0) collate "C"`,
    params,
  );
}
