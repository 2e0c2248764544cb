import type { Database } from "../database.ts";
import { Params, type StatsQuery } from "./query.ts";
import { ask, chosenFacts, scopeOf } from "./scope.ts";

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
  const scope = await scopeOf(db, query, params);
  const columns = "event_name, currency, payments, amount";
  return await ask<RevenueRow>(
    db,
    `
  select event_name as event, currency, sum(payments) as payments, sum(amount) as amount
  from (${
      scope.kind === "days"
        ? `
    select ${columns} from daily_revenue where ${scope.rolledUp}
    union all
    select ${columns} from revenue_of_days(${scope.site}, ${scope.openDays})`
        : `
    select e.event_type as event_name, coalesce(upper(json_text(e.event_data, 'currency', 3) collate "C"), '') as currency, 1 as payments,
      json_amount(e.event_data -> 'revenue') as amount
    from (${chosenFacts(query, scope, "user_events", params)}
    ) e
    where e.event_data ? 'revenue' and json_amount(e.event_data -> 'revenue') is not null`
    }
  ) parts
  group by event_name, currency
  order by currency collate "C", sum(amount) desc, event_name collate "C"`,
    params,
  );
}
