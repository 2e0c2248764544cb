import type { Asked } from "./database.ts";
import type { RebuildRange } from "./rebuild.ts";

/** How the sessions of bots are recognised: user agents, each with the name of its bot, and hosts of referrers. */
export interface BotMarks {
  agents: { userAgent: string; bot: string }[];
  hosts: string[];
}

/** Sessions of one bot that a site has counted. */
export interface CountedBot {
  site: string;
  bot: string;
  sessions: number;
  pageviews: number;
  events: number;
}

// A second of work, in which the ETL waits.
const SESSIONS_AT_ONCE = 20_000;

const IN_RANGE =
  "($1::text is null or site_id = $1) and session_start >= $2::timestamptz and session_start < $3::timestamptz";

/** The user agents of the sessions, and the hosts of their referrers. */
export async function readMarks(
  db: Asked,
  { site, starts, ends }: RebuildRange,
): Promise<{ userAgents: string[]; hosts: string[] }> {
  const distinct = async (value: string) => {
    const rows = await db.query<{ value: string }>(
      `select distinct ${value} as value from user_sessions where ${IN_RANGE} and ${value} is not null`,
      [site, starts, ends],
    );
    return rows.map(({ value }) => value);
  };
  return { userAgents: await distinct("user_agent"), hosts: await distinct("url_host(original_referrer)") };
}

/** How many sessions of bots there are, by site and bot; none of sites that count bots. */
export async function countBotSessions(
  db: Asked,
  { site, starts, ends }: RebuildRange,
  marks: BotMarks,
): Promise<CountedBot[]> {
  return await db.query<CountedBot & Record<string, unknown>>(
    `select known.site_id as site, s.bot, count(*) as sessions, coalesce(sum(s.pageview_count), 0)::bigint as pageviews,
       coalesce(sum(s.event_count), 0)::bigint as events
     from sites_with_facts() known
     cross join lateral sessions_of_bots(known.site_id, $2::timestamptz, $3::timestamptz, $4::text[], $5::text[], $6::text[]) s
     where $1::text is null or known.site_id = $1
     group by known.site_id, s.bot order by known.site_id, count(*) desc, s.bot`,
    [site, starts, ends, ...parametersOf(marks)],
  );
}

/** Removes the bots' sessions of a site, a piece at a time; answers after each how many it removed. */
export async function* removeBotSessions(
  db: Asked,
  { site, starts, ends }: RebuildRange & { site: string },
  marks: BotMarks,
): AsyncGenerator<number> {
  for (let from: string | null = starts; from !== null;) {
    const [piece]: { removed: number; reached: string | null }[] = await db.query(
      `select removed, reached::text as reached
       from remove_sessions_of_bots($1, $2::timestamptz, $3::timestamptz, $4::text[], $5::text[], $6::text[], $7)`,
      [site, from, ends, ...parametersOf(marks), SESSIONS_AT_ONCE],
    );
    yield piece!.removed;
    from = piece!.reached;
  }
}

/** From now on no site has sessions of before that are counted differently. */
export async function forgetChange(db: Asked): Promise<void> {
  await db.query("delete from definition_changes where change = 'bots'");
}

function parametersOf({ agents, hosts }: BotMarks): [string[], string[], string[]] {
  return [agents.map(({ userAgent }) => userAgent), agents.map(({ bot }) => bot), hosts];
}
