import type { Database } from "../db/database.ts";
import { JOBS, rebuild } from "../etl/jobs.ts";

/** The sites of the made-up year; the first one has half of all pageviews. */
export const SITES = Array.from({ length: 10 }, (_, index) => `bench-${index}`);

/** Where a year of facts ends: yesterday, so that the last day is whole. */
export const YEAR = `(current_date - 365)::timestamptz`;

/**
 * Fills the tables of facts with a year of `pageviews` on ten sites, three interactions a pageview, 2.5 pageviews a session;
 * more than half of the visits are somebody's first, and of half of them it is not known how long their last page was looked at.
 * Hashes stand in for chance: the same rows each time.
 *
 * Straight into the facts, which the ETL would take half an hour for; the roll-ups are made by the ETL's own procedure.
 */
export async function fillYear(db: Database, pageviews: number): Promise<void> {
  await db.exec(FUNCTIONS);
  await db.exec(AGENTS);
  await db.query(GOALS, [SITES]);
  await forEachSite(async (site, index) => {
    const sessions = Math.round(pageviews / 2.5 * (index === 0 ? 0.5 : 0.5 / (SITES.length - 1)));
    // A twelfth at a time: as the ETL writes, in order of time, and a statement that is not longer than it needs to be.
    for (let part = 0; part < 12; part++) {
      const first = Math.round(sessions * part / 12) + 1;
      const last = Math.round(sessions * (part + 1) / 12);
      await db.query(SESSIONS, [site, first, last, sessions, index + 1]);
      await db.query(PAGEVIEWS, [site, first, last, sessions, index + 1]);
      await db.query(EVENTS, [site, first, last, sessions, index + 1]);
    }
  });
  await db.exec("drop function chance, views_of, visit_start, page_of");
  await db.exec("vacuum analyze");
}

/** Writes the rows of all sessions, as `footfall rebuild` does. */
export async function writeRows(db: Database): Promise<void> {
  await db.query("select begin_rebuild(null, '-infinity', 'infinity')");
  await rebuild({ db, signal: new AbortController().signal, whenBusy: "wait" });
}

/** Rolls up all days that are over. */
export async function rollUpYear(db: Database): Promise<void> {
  await JOBS.find(({ name }) => name === "daily-metrics")!.run({
    db,
    retentionDays: 90,
    signal: new AbortController().signal,
    whenBusy: "wait",
  });
}

/** On two connections; the busiest site has one nearly for itself. */
async function forEachSite(work: (site: string, index: number) => Promise<unknown>): Promise<void> {
  const sites = SITES.entries();
  await Promise.all([1, 2].map(async () => {
    for (const [index, site] of sites) await work(site, index);
  }));
}

const FUNCTIONS = `
  -- 0 to 1, from two numbers.
  create function chance(a bigint, b bigint) returns float language sql immutable parallel safe
    return (hashint8extended(a, b) & 16777215) / 16777216::float8;
  create function views_of(i bigint) returns integer language sql immutable parallel safe
    return case when chance(i, 1) < 0.47 then 1 else 2 + floor(4.7 * chance(i, 2))::integer end;
  create function visit_start(i bigint, n bigint) returns timestamptz language sql stable parallel safe
    return date_trunc('milliseconds', ${YEAR} + (i + chance(i, 3)) / (n + 2) * interval '365 days');
  create function page_of(i bigint, k integer) returns text language sql immutable parallel safe
    return case when chance(i, 10 + k) < 0.25 then '/' when chance(i, 10 + k) < 0.35 then '/pricing'
      else '/articles/' || floor(500 * power(chance(i, 50 + k), 3)) end`;

const AGENTS = `
  insert into user_agents (user_agent, browser, browser_version, os, os_version, device_type, is_bot)
  select 'agent ' || i, (array['Chrome','Safari','Firefox','Edge'])[1 + i % 4], '1', (array['Windows','iOS','Android','macOS','Linux'])[1 + i % 5],
    '1', (array['desktop','mobile','tablet'])[1 + i % 3], false
  from generate_series(0, 59) i`;

const GOALS = `
  insert into goals (site_id, name, page, event_name)
  select site_id, goal.*
  from unnest($1::text[]) as site_id,
    (values ('Prices seen', '/pricing', null), ('In the cart', null, 'add_to_cart'), ('Contacted', null, 'form_submit')) as goal(name, page, event)`;

// $1 site, $2 to $3 of its $4 sessions, $5 a number of the site's own for the ids.
const VISITS = `
  select $1::text as site_id, i, 'sess-' || $5::integer || '-' || i as session_id,
    'vis-' || $5::integer || '-' || floor($4::bigint * 0.7 * chance(i, 4)) as visitor_id, visit_start(i, $4::bigint) as starts, views_of(i) as views
  from generate_series($2::bigint, $3::bigint) as i`;

const SESSIONS = `
  insert into user_sessions (
    session_id, visitor_id, site_id, session_start, session_end, last_event_at, duration_seconds, pageview_count, event_count, bounce,
    entry_url, entry_path, exit_url, exit_path, utm_source, utm_medium, utm_campaign, referrer_type, referrer_platform, original_referrer,
    user_agent, browser_language, timezone, screen_width, screen_height, entry_at, entry_event_id, exit_at, exit_event_id, channel, country
  )
  select session_id, visitor_id, site_id, starts, starts + views * interval '40 seconds', starts + views * interval '40 seconds',
    views * 40, views, views * 3, views < 2,
    'https://shop.example' || entry, entry, 'https://shop.example' || exit, exit,
    case when chance(i, 5) < 0.2 then (array['google','newsletter','facebook'])[1 + i % 3] end,
    case when chance(i, 5) < 0.2 then (array['cpc','email','paid_social'])[1 + i % 3] end,
    case when chance(i, 5) < 0.2 then 'campaign-' || floor(30 * chance(i, 6)) end,
    (array['direct','search','search','social','referral'])[1 + floor(5 * chance(i, 7))::integer],
    (array[null,'google','bing','instagram','site-' || floor(200 * power(chance(i, 8), 2))])[1 + floor(5 * chance(i, 7))::integer],
    (array[null,'https://google.com/','https://bing.com/','https://instagram.com/','https://site-' || floor(200 * power(chance(i, 8), 2)) || '.example/'])[1 + floor(5 * chance(i, 7))::integer],
    'agent ' || floor(60 * power(chance(i, 9), 2)), (array['de-DE','en-US','fr-FR','es-ES'])[1 + i % 4], 'Europe/Berlin',
    (array[1920,1440,390,412])[1 + i % 4], (array[1080,900,844,915])[1 + i % 4],
    starts, gen_random_uuid(), starts + (views - 1) * interval '40 seconds', gen_random_uuid(),
    (array['Direct','Organic Search','Paid Search','Organic Social','Referral'])[1 + floor(5 * chance(i, 7))::integer],
    (array['DE','US','FR','ES','GB','NL','AT','CH','PL','IT'])[1 + floor(10 * power(chance(i, 11), 2))::integer]
  from (${VISITS}) visits, lateral (select page_of(i, 1) as entry, page_of(i, views) as exit offset 0) pages`;

const PAGEVIEWS = `
  insert into pageviews (
    id, session_id, visitor_id, site_id, url, path, title, view_timestamp, time_on_page_seconds, referrer, event_id
  )
  select (i * 16 + $5) * 1024 + k, session_id, visitor_id, site_id, 'https://shop.example' || page, page, 'A page',
    starts + (k - 1) * interval '40 seconds', case when k < views or chance(i, 90) < 0.5 then 40 end, 'https://shop.example/', gen_random_uuid()
  from (${VISITS}) visits, generate_series(1, views) as k, lateral (select page_of(i, k) as page offset 0) pages`;

const EVENTS = `
  insert into user_events (
    id, session_id, visitor_id, site_id, event_type, event_timestamp, page_url, page_path, event_data, scroll_percentage, form_id, event_id
  )
  select (i * 16 + $5) * 1024 + 100 + k * 3 + e, session_id, visitor_id, site_id,
    (array['scroll_depth', case when chance(i, 60 + k) < 0.05 then 'form_submit' when chance(i, 60 + k) < 0.15 then 'add_to_cart' else 'click' end,
      'page_exit'])[e],
    starts + (k - 1) * interval '40 seconds' + e * interval '10 seconds', 'https://shop.example' || page, page,
    case e
      when 1 then jsonb_build_object('milestone', 25 * (1 + i % 4), 'scrollPercentage', 25 * (1 + i % 4))
      when 2 then jsonb_build_object('tagName', 'A', 'text', 'Label ' || floor(40 * chance(i, 70 + k)), 'formId', 'contact')
      else jsonb_build_object('timeSpent', 40000)
    end,
    case when e = 1 then 25 * (1 + i % 4) end, case when e = 2 and chance(i, 60 + k) < 0.05 then 'contact' end, gen_random_uuid()
  from (${VISITS}) visits, generate_series(1, views) as k,
    lateral (select page_of(i, k) as page offset 0) pages, generate_series(1, 3) as e`;
