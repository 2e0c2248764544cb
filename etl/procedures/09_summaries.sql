-- session_summaries: a narrow row a session, on the day on which it starts (migrations/0006_stats.sql).

-- The channel of a session whose collector did not say: what its referrer type amounts to without campaign parameters.
create or replace function referrer_channel(referrer_type text) returns text
language sql immutable parallel safe as $$
  select case referrer_type
    when 'search'   then 'Organic Search'
    when 'social'   then 'Organic Social'
    when 'email'    then 'Email'
    when 'ai'       then 'AI Assistants'
    when 'referral' then 'Referral'
    else 'Direct'
  end
$$;

create or replace function visitor_hash(visitor_id text) returns bigint
language sql immutable parallel safe as $$
  select hashtextextended(visitor_id, 0)
$$;

-- A stretch of a site's days: when it starts and ends, [starts, ends), and the zone in which they are days.
create or replace function days_bounds(site text, first date, last date) returns table (starts timestamptz, ends timestamptz, zone text)
language sql stable as $$
  select first::timestamp at time zone zone.name, (last + 1)::timestamp at time zone zone.name, zone.name
  from (select coalesce((select s.timezone from sites s where s.site_id = site), 'UTC') as name) zone
$$;

-- Milliseconds from one moment to a later one, of at most 24 days.
create or replace function milliseconds_between(earlier timestamptz, later timestamptz) returns integer
language sql immutable parallel safe as $$
  select least(extract(epoch from later - earlier) * 1000, 2147483647)::integer
$$;

-- Brings the summaries of a site's days up to date. Rows that are right are not written again: of a day that goes on, most are.
--
-- Steps are those until 24 hours after the session's day, at most 1,000 pageviews and 1,000 events: a session that never ends
-- (a server that always sends the same id) would make its first day dearer with every event.
create or replace function summarize_sessions(site text, first date, last date) returns void
language plpgsql as $$
declare
  v record;
begin
  select * into v from days_bounds(site, first, last);
  delete from session_summaries t
  where t.site_id = site and t.day between first and last
    and not exists (
      select from user_sessions s
      where s.site_id = site and s.session_start >= v.starts and s.session_start < v.ends
        and s.session_id = t.session_id and (s.session_start at time zone v.zone)::date = t.day
    );

  insert into session_summaries as t (
    site_id, day, session_id, started_at, visitor, pageviews, events, seconds, bounce,
    entry, exit, source, referrer, channel, utm_source, utm_medium, utm_campaign, utm_content, utm_term,
    country, language, browser, os, device, screen, pages, page_ms, page_seconds, event_names, event_ms
  )
  with started as materialized (
    select s.*, (s.session_start at time zone v.zone)::date as day
    from user_sessions s
    where s.site_id = site and s.session_start >= v.starts and s.session_start < v.ends
  ),
  views as (
    select
      s.session_id, p.path, p.time_on_page_seconds, milliseconds_between(s.session_start, p.view_timestamp) as ms,
      row_number() over (partition by s.session_id order by p.view_timestamp, p.event_id, p.id % 1024) as place
    from pageviews p
    join started s on s.session_id = p.session_id
    where p.site_id = site and p.view_timestamp >= v.starts and p.view_timestamp < v.ends + interval '1 day'
      and p.view_timestamp < (s.day + 1)::timestamp at time zone v.zone + interval '1 day'
  ),
  view_lists as (
    select session_id,
      array_agg(path order by place)                 as pages,
      array_agg(ms order by place)                   as page_ms,
      array_agg(time_on_page_seconds order by place) as page_seconds
    from views where place <= 1000 group by session_id
  ),
  events as (
    select
      s.session_id, e.event_type, milliseconds_between(s.session_start, e.event_timestamp) as ms,
      row_number() over (partition by s.session_id order by e.event_timestamp, e.event_id, e.id % 1024) as place
    from user_events e
    join started s on s.session_id = e.session_id
    where e.site_id = site and e.event_timestamp >= v.starts and e.event_timestamp < v.ends + interval '1 day'
      and e.event_timestamp < (s.day + 1)::timestamp at time zone v.zone + interval '1 day'
  ),
  event_lists as (
    select session_id, array_agg(event_type::text order by place) as event_names, array_agg(ms order by place) as event_ms
    from events where place <= 1000 group by session_id
  )
  select
    site, s.day, s.session_id, s.session_start, visitor_hash(s.visitor_id), s.pageview_count, s.event_count, s.duration_seconds, s.bounce,
    coalesce(s.entry_path, ''), coalesce(s.exit_path, ''),
    coalesce(
      lower(s.utm_source),
      case when s.referrer_type is distinct from 'internal' then coalesce(s.referrer_platform, url_host(s.original_referrer)) end,
      ''
    ),
    case when s.referrer_type is distinct from 'internal' then coalesce(url_host(s.original_referrer), '') else '' end,
    coalesce(s.channel, referrer_channel(s.referrer_type)),
    coalesce(s.utm_source, ''), coalesce(s.utm_medium, ''), coalesce(s.utm_campaign, ''), coalesce(s.utm_content, ''), coalesce(s.utm_term, ''),
    coalesce(s.country, ''), coalesce(s.browser_language, ''),
    coalesce(a.browser, ''), coalesce(a.os, ''), coalesce(a.device_type, ''),
    coalesce(s.screen_width || '×' || s.screen_height, ''),
    coalesce(l.pages, '{}'), coalesce(l.page_ms, '{}'), coalesce(l.page_seconds, '{}'),
    coalesce(e.event_names, '{}'), coalesce(e.event_ms, '{}')
  from started s
  left join user_agents a on a.user_agent = s.user_agent
  left join view_lists l on l.session_id = s.session_id
  left join event_lists e on e.session_id = s.session_id
  on conflict (site_id, day, session_id) do update set
    (
      started_at, visitor, pageviews, events, seconds, bounce, entry, exit, source, referrer, channel,
      utm_source, utm_medium, utm_campaign, utm_content, utm_term, country, language, browser, os, device, screen,
      pages, page_ms, page_seconds, event_names, event_ms
    ) = row(
      excluded.started_at, excluded.visitor, excluded.pageviews, excluded.events, excluded.seconds, excluded.bounce,
      excluded.entry, excluded.exit, excluded.source, excluded.referrer, excluded.channel,
      excluded.utm_source, excluded.utm_medium, excluded.utm_campaign, excluded.utm_content, excluded.utm_term,
      excluded.country, excluded.language, excluded.browser, excluded.os, excluded.device, excluded.screen,
      excluded.pages, excluded.page_ms, excluded.page_seconds, excluded.event_names, excluded.event_ms
    )
  where t.* is distinct from excluded.*;
end
$$;
