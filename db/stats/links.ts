import type { Database } from "../database.ts";
import { Params, type StatsQuery } from "./query.ts";
import { ask, chosenFacts, chosenRows } from "./scope.ts";

/** Clicks that the owner of a site asks for: on files, and on links to other hosts. */
export const LINK_KINDS = ["download", "outbound"] as const;
export type LinkKind = typeof LINK_KINDS[number];

/** How often links of a kind were clicked. */
export interface Links {
  /** The most frequent; a URL stands without query and fragment. */
  rows: { url: string; clicks: number }[];
  /** All clicks on links of the kind. */
  clicks: number;
  /** How many URLs there are. */
  count: number;
}

// If neither the page's URL nor a domain of the site is known, a link is not counted as outbound.
const IS_OF_KIND: Record<LinkKind, string> = {
  download: "e.event_data ->> 'isDownload' = 'true' and e.event_data ->> 'href' <> ''",
  outbound: `e.event_data ->> 'href' ~* '^https?://'
      and coalesce(e.page_url, own.domains[1]) is not null
      and url_host(e.event_data ->> 'href') is distinct from url_host(e.page_url)
      and not exists (
        select from unnest(own.domains) as domain
        where '.' || url_host(e.event_data ->> 'href') like '%.' || replace(regexp_replace(domain, '^www\\.', ''), '_', '\\_')
      )`,
};

/** The links of a kind that were clicked, the most frequent first. They are read from the facts, an index finds the clicks. */
export async function links(
  db: Database,
  query: StatsQuery,
  kind: LinkKind,
  { limit }: { limit: number },
): Promise<Links> {
  const params = new Params();
  const site = params.add(query.site);
  const facts = query.filters.length === 0
    ? factsOfRange(query, params)
    : chosenFacts(query, await chosenRows(db, query, params), "user_events", params);
  const [found] = await ask<Links>(
    db,
    `
  with clicked as (
    select left(split_part(split_part(e.event_data ->> 'href', '#', 1), '?', 1), 2048) as url, count(*) as clicks
    from (${facts} and f.event_type = 'click' and is_own_event(f.event_type)
    ) e
    cross join (select coalesce((select s.domains from sites s where s.site_id = ${site}), '{}') as domains) own
    where ${IS_OF_KIND[kind]}
    group by 1
  )
  select count(*) as count, coalesce(sum(clicks), 0)::bigint as clicks,
    (select coalesce(jsonb_agg(to_jsonb(top) order by top.clicks desc, top.url collate "C"), '[]')
     from (select url, clicks from clicked order by clicks desc, url collate "C" limit ${
      params.add(limit)
    }) top) as rows
  from clicked`,
    params,
  );
  return found!;
}

function factsOfRange({ site, range, timezone }: StatsQuery, params: Params): string {
  const zone = params.add(timezone);
  return `
      select f.*
      from user_events f
      where f.site_id = ${params.add(site)}
        and f.event_timestamp >= ${params.add(range.from)}::date::timestamp at time zone ${zone}
        and f.event_timestamp < (${params.add(range.to)}::date + 1)::timestamp at time zone ${zone}`;
}
