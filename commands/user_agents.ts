import type { Asked } from "../db/database.ts";
import { parseUserAgent } from "../events/user_agent.ts";

// Of 512 characters each at most: a request to a running `dev` holds as many.
const AT_ONCE = 200;

/**
 * Reads every stored user agent string as this version reads it. Session rows follow when they are written again.
 *
 * @returns for how many of them that says something else
 */
export async function readUserAgentsAgain(db: Asked, interrupted?: AbortSignal): Promise<number> {
  let changed = 0;
  let last = "";
  while (!interrupted?.aborted) {
    const rows = await db.query<{ user_agent: string }>(
      `select user_agent from user_agents where user_agent collate "C" > $1 order by user_agent collate "C" limit ${AT_ONCE}`,
      [last],
    );
    if (rows.length === 0) break;
    last = rows.at(-1)!.user_agent;
    const [updated] = await db.query<{ agents: number }>(
      `with said as (
         select * from jsonb_to_recordset($1::jsonb) as agent(
           user_agent text, browser text, browser_version text, os text, os_version text, device_type text, is_bot boolean
         )
       ),
       updated as (
         update user_agents a
         set (browser, browser_version, os, os_version, device_type, is_bot)
           = (said.browser, said.browser_version, said.os, said.os_version, said.device_type, said.is_bot)
         from said
         where a.user_agent = said.user_agent
           and (a.browser, a.browser_version, a.os, a.os_version, a.device_type, a.is_bot)
             is distinct from (said.browser, said.browser_version, said.os, said.os_version, said.device_type, said.is_bot)
         returning a.user_agent
       )
       select count(*)::integer as agents from updated`,
      [JSON.stringify(rows.map(({ user_agent }) => parseUserAgent(user_agent)))],
    );
    changed += updated!.agents;
  }
  return changed;
}
