/** SQL that makes visits up. Hashes of a session's number stand in for chance, so the same visits come each time. */

/** Pages of the site with a long tail: ten categories of 5,000 each. */
export const LONG_TAIL_PAGES = 50_000;
export const CATEGORIES = [
  ...["garden", "kitchen", "office", "outdoor", "toys", "books", "music", "sports", "travel", "health"],
] as const;

/** What a session says of itself once. */
export const AGENTS = `
  insert into user_agents (user_agent, browser, browser_version, os, os_version, device_type, is_bot)
  select 'agent ' || i, (array['Chrome','Safari','Firefox','Edge'])[1 + i % 4], '1',
    (array['Windows','iOS','Android','macOS','Linux'])[1 + i % 5], '1', (array['desktop','mobile','tablet'])[1 + i % 3], false
  from generate_series(0, 59) i
  on conflict do nothing`;

// $1 sites
export const GOALS = `
  insert into goals (site_id, name, page, event_name)
  select site_id, goal.*
  from unnest($1::text[]) as site_id,
    (values ('Prices seen', '/pricing', null), ('Signed up', null, 'signup'), ('Bought', null, 'purchase'),
      ('Contacted', null, 'form_submit')) as goal(name, page, event)`;

// Of 80 sessions in a row 40 are the first site's, 16 the second's, and 3 each of the others.
const SITE = `
  case when (i * 37) % 80 < 40 or is_one_site then 0 when (i * 37) % 80 < 56 then 1 else 2 + ((i * 37) % 80 - 56) / 3 end`;

const PAGE = `
  case
    when chance(i, 10 + k) < 0.25 then '/'
    when chance(i, 10 + k) < 0.35 then '/pricing'
    when chance(i, 10 + k) < 0.38 then '/contact'
    when chance(i, 10 + k) < 0.40 then '/signup'
    when site = 1 then (
      select '/' || ('{${CATEGORIES.join(",")}}'::text[])[1 + item % ${CATEGORIES.length}] || '/item-' || item
      from (select floor(${LONG_TAIL_PAGES} * power(chance(i, 50 + k), 2))::integer as item) picked
    )
    else '/articles/' || floor(500 * power(chance(i, 50 + k), 3))
  end`;

// A view takes 10 to 70 seconds; the session's last one 10 to 70, too.
const VIEW_AT = (k: string) =>
  `date_trunc('milliseconds', starts + (${k} - 1) * interval '40 seconds' + case when ${k} > 1 then chance(i, 100 + ${k}) * interval '30 seconds' else '0' end)`;

/** The longest time from a session's start to its last event. */
export const LONGEST_VISIT = "6 minutes";

// What happens during a view, in its first 10 seconds but for the exit.
const INTERACTIONS = `
  select 1 as place, 'web_vitals' as type, at + interval '1 second' as event_at,
    jsonb_build_object('path', page, 'lcp', 900 + floor(3000 * chance(i, 200 + k)), 'inp', 80, 'cls', 0.01, 'ttfb', 120, 'fcp', 700) as properties
  where chance(i, 200 + k) < 0.25
  union all
  select 1 + step, 'scroll_depth', at + step * interval '1500 milliseconds',
    jsonb_build_object('milestone', 25 * step, 'timeToMilestone', 1500 * step, 'scrollPercentage', 25 * step)
  from generate_series(1, floor(5 * power(chance(i, 210 + k), 1.6))::integer) as step
  union all
  select 6, 'click', at + interval '7 seconds', jsonb_build_object('tagName', 'A', 'text', 'Label ' || floor(40 * chance(i, 220 + k)))
  where chance(i, 230 + k) < 0.3
  union all
  select 7, 'error', at + interval '7200 milliseconds', jsonb_build_object('message', 'x is not a function', 'line', 10 + k)
  where chance(i, 240 + k) < 0.01
  union all
  select 8, 'signup', at + interval '8 seconds',
    jsonb_build_object('plan', (array['free','team','business'])[1 + floor(3 * power(chance(i, 250 + k), 2))::integer], 'seats', 1 + i % 20)
  where page = '/signup' and chance(i, 260 + k) < 0.5
  union all
  select 9, 'purchase', at + interval '8500 milliseconds',
    jsonb_build_object('revenue', 5 + floor(20000 * chance(i, 270 + k)) / 100, 'currency', (array['EUR','EUR','USD'])[1 + i % 3])
  where page = '/pricing' and chance(i, 280 + k) < 0.05
  union all
  select 10, 'form_start', at + interval '5 seconds', '{"formId": "contact"}'
  where page = '/contact' and chance(i, 290 + k) < 0.6
  union all
  select 11, case when chance(i, 290 + k) < 0.35 then 'form_submit' else 'form_abandon' end, at + interval '9 seconds',
    case when chance(i, 290 + k) < 0.35 then '{"formId": "contact", "formMethod": "post", "formAction": "/send"}' else '{"formId": "contact"}' end::jsonb
  where page = '/contact' and chance(i, 290 + k) < 0.6
  union all
  select 12, 'page_exit', case when k < views then left_at - interval '100 milliseconds' else left_at end,
    jsonb_build_object('timeSpent', milliseconds, 'engagedTime', floor(milliseconds * (0.4 + 0.5 * chance(i, 300 + k))))
  where k < views or chance(i, 91) >= 1.0 / 3`;

/** Functions that {@linkcode DROP_FUNCTIONS} drops. */
export const FUNCTIONS = `
-- 0 to 1, from two numbers.
create function chance(a bigint, b bigint) returns float language sql immutable parallel safe
  return (hashint8extended(a, b) & 16777215) / 16777216::float8;

-- Writes the facts of the sessions first_i to last_i of \`total\`, which start between \`begins\` and \`ends\` in the order of their numbers.
create function write_visits(first_i bigint, last_i bigint, total bigint, begins timestamptz, ends timestamptz, is_one_site boolean) returns void
language plpgsql set work_mem = '64MB' as $$
begin
  create temporary table visits on commit drop as
  select i, site, 'bench-' || site as site_id,
    'sess_' || to_hex(floor(extract(epoch from starts) * 1000)::bigint) || '-' || substr(md5(i::text), 1, 20) as session_id,
    -- One of two sessions may be by whom another session of the site in the weeks before was by.
    'vis_' || md5(case when chance(i, 4) < 0.45 then i else i - 80 * (1 + floor(total / 800.0 * power(chance(i, 5), 2)))::bigint end::text) as visitor_id,
    starts, case when chance(i, 1) < 0.47 then 1 else 2 + floor(4.7 * chance(i, 2))::integer end as views
  from generate_series(first_i, last_i) as i
  cross join lateral (
    select ${SITE} as site, date_trunc('milliseconds', begins + (i - chance(i, 3)) / total * (ends - begins)) as starts offset 0
  ) v;

  create temporary table views on commit drop as
  select *, floor(extract(epoch from left_at - at) * 1000)::bigint as milliseconds
  from visits
  cross join generate_series(1, views) as k
  cross join lateral (
    select ${PAGE} as page, ${VIEW_AT("k")} as at,
      case when k < views then ${VIEW_AT("k + 1")}
      else ${
  VIEW_AT("k")
} + floor(10000 + 60000 * power(chance(i, 90), 2)) * interval '1 millisecond' end as left_at
    offset 0
  ) v;

  create temporary table interactions on commit drop as
  select i, k, site_id, session_id, visitor_id, page, place, type, event_at, properties
  from views
  cross join lateral (${INTERACTIONS}
  ) e;

  insert into user_sessions (
    session_id, visitor_id, site_id, session_start, session_end, last_event_at, duration_seconds, pageview_count, event_count, bounce,
    entry_url, entry_path, exit_url, exit_path, utm_source, utm_medium, utm_campaign, referrer_type, referrer_platform, original_referrer,
    user_agent, browser_language, timezone, screen_width, screen_height, entry_at, exit_at, channel, country
  )
  select session_id, visitor_id, site_id, starts, case when last_at < now() - interval '30 minutes' then last_at end, last_at,
    floor(extract(epoch from last_at - starts)), views, coalesce(e.events, 0), views = 1 and coalesce(e.own_events, 0) = 0,
    'https://shop.example' || entry, entry, 'https://shop.example' || exit, exit,
    case when chance(i, 6) < 0.2 then (array['google','newsletter','facebook'])[1 + i % 3] end,
    case when chance(i, 6) < 0.2 then (array['cpc','email','paid_social'])[1 + i % 3] end,
    case when chance(i, 6) < 0.2 then 'campaign-' || floor(30 * chance(i, 60)) end,
    (array['direct','search','search','social','referral'])[came],
    (array[null,'google','bing','instagram'])[came],
    (array[null,'https://google.com/','https://bing.com/','https://instagram.com/',
      'https://site-' || floor(200 * power(chance(i, 8), 2)) || '.example/'])[came],
    'agent ' || floor(60 * power(chance(i, 9), 2)), (array['de-DE','en-US','fr-FR','es-ES'])[1 + i % 4], 'Europe/Berlin',
    (array[1920,1440,390,412])[1 + i % 4], (array[1080,900,844,915])[1 + i % 4], starts, exit_at,
    (array['Direct','Organic Search','Paid Search','Organic Social','Referral'])[came],
    (array['DE','US','FR','ES','GB','NL','AT','CH','PL','IT'])[1 + floor(10 * power(chance(i, 11), 2))::integer]
  from visits
  join (
    select i, max(page) filter (where k = 1) as entry, max(page) filter (where k = views) as exit, max(at) as exit_at from views group by i
  ) v using (i)
  left join (
    select i, count(*) as events, count(*) filter (where not is_automatic_event(type)) as own_events, max(event_at) as event_at
    from interactions group by i
  ) e using (i)
  cross join lateral (select greatest(v.exit_at, e.event_at) as last_at, 1 + floor(5 * chance(i, 7))::integer as came) l
  order by starts;

  insert into pageviews (id, session_id, visitor_id, site_id, url, path, title, view_timestamp, time_on_page_seconds, referrer)
  select i * 1024 + k, session_id, visitor_id, site_id, 'https://shop.example' || page, page, 'A page', at,
    case when k < views or chance(i, 91) >= 1.0 / 3 then milliseconds / 1000 end, 'https://shop.example/'
  from views order by at;

  insert into user_events (
    id, session_id, visitor_id, site_id, event_type, event_timestamp, page_url, page_path, event_data, element_tag, scroll_percentage, form_id
  )
  select i * 1024 + 100 + k * 16 + place, session_id, visitor_id, site_id, type, event_at, 'https://shop.example' || page, page, properties,
    properties ->> 'tagName', (properties ->> 'scrollPercentage')::integer, properties ->> 'formId'
  from interactions order by event_at;

  insert into form_submissions (
    id, session_id, visitor_id, site_id, form_id, form_action, form_method, page_url, page_path, submit_timestamp, field_count, form_data
  )
  select i * 1024 + 100 + k * 16 + place, session_id, visitor_id, site_id, 'contact', '/send', 'post', 'https://shop.example' || page, page,
    event_at, 3, jsonb_build_object('name', 'Name ' || i, 'message', 'Text', 'phone', case when chance(i, 310) < 0.3 then '030' else '' end)
  from interactions where type = 'form_submit' order by event_at;
end
$$;`;

export const DROP_FUNCTIONS =
  "drop function write_visits(bigint, bigint, bigint, timestamptz, timestamptz, boolean), chance(bigint, bigint)";
