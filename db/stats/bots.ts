import type { Queryable } from "../database.ts";
import type { StatsQuery } from "./query.ts";

/** What bots have sent, and no figure counts. */
export interface BotCounts {
  pageviews: number;
  /** All that is no pageview. */
  events: number;
}

export interface LeftOutBots extends BotCounts {
  /** Of the busiest, each by itself. */
  named: (BotCounts & { bot: string })[];
}

const MOST_NAMED = 10;

/** What bots sent on the days of the range. Filters choose sessions, which bots have none of: they do not matter. */
export async function leftOutBots(
  db: Queryable,
  { site, range }: Pick<StatsQuery, "site" | "range">,
): Promise<LeftOutBots> {
  const rows = await db.query<BotCounts & { bot: string }>(
    `select bot, sum(pageviews)::bigint as pageviews, sum(events)::bigint as events
     from bot_days where site_id = $1 and day between $2::date and $3::date
     group by bot order by sum(pageviews) + sum(events) desc, bot collate "C"`,
    [site, range.from, range.to],
  );
  return {
    pageviews: rows.reduce((sum, { pageviews }) => sum + pageviews, 0),
    events: rows.reduce((sum, { events }) => sum + events, 0),
    named: rows.slice(0, MOST_NAMED),
  };
}
