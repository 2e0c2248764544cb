-- The sessions that start on some days of a site, numbered, and what they did: read from the facts once, into temporary tables
-- that all roll-ups of these days work with.

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

-- How many sessions a segment has at most: so many that its bits are half a kilobyte.
create or replace function segment_size() returns integer
language sql immutable parallel safe as $$
  select 4096
$$;

-- Makes the temporary tables started_sessions, session_pages and session_events of a site's days.
--
-- Sessions are numbered in order of their start, a segment after the other: so those that are added to a day that goes on mostly change
-- its last segments. Those of visitors with an even hash are in even segments, the others in odd ones, so that two connections can
-- tell half of the visitors apart each; but of a day with few sessions all are in segment 0. Steps are those until the end of the day
-- after the session's: a session that never ends (a server that always sends the same id) would make its first day dearer with every
-- event.
create or replace function read_started_sessions(site text, first date, last date) returns void
language plpgsql as $$
declare
  v record;
begin
  select * into v from days_bounds(site, first, last);
  create temporary table started_sessions as
  select
    line, day, (place / segment_size() * 2 + half)::integer as segment, (place % segment_size())::integer as number, s.session_id::text,
    s.session_start, milliseconds_between(day::timestamp at time zone v.zone, s.session_start) as started_ms,
    visitor, s.pageview_count as pageviews, s.event_count as events, s.duration_seconds as seconds,
    day = (coalesce(s.last_event_at, s.session_start) at time zone v.zone)::date as is_of_one_day,
    coalesce(s.entry_path, '') as entry, coalesce(s.exit_path, '') as exit,
    coalesce(
      lower(s.utm_source),
      case when s.referrer_type is distinct from 'internal' then coalesce(s.referrer_platform, url_host(s.original_referrer)) end,
      ''
    ) as source,
    case when s.referrer_type is distinct from 'internal' then coalesce(url_host(s.original_referrer), '') else '' end as referrer,
    coalesce(s.channel, referrer_channel(s.referrer_type)) as channel,
    coalesce(s.utm_source, '') as utm_source, coalesce(s.utm_medium, '') as utm_medium, coalesce(s.utm_campaign, '') as utm_campaign,
    coalesce(s.utm_content, '') as utm_content, coalesce(s.utm_term, '') as utm_term,
    coalesce(s.country, '') as country, coalesce(s.browser_language, '') as language,
    coalesce(a.browser, '') as browser, coalesce(a.os, '') as os, coalesce(a.device_type, '') as device,
    coalesce(s.screen_width || '×' || s.screen_height, '') as screen, coalesce(s.referrer_type, '') as referrer_type
  from (
    select *, row_number() over (partition by day, half order by line) - 1 as place
    from (
      select *, case when count(*) over (partition by day) > segment_size() / 2 then visitor & 1 else 0 end as half
      from (
        select *, (session_start at time zone v.zone)::date as day, visitor_hash(visitor_id) as visitor,
          (row_number() over (order by session_start, session_id collate "C"))::integer as line
        from user_sessions
        where site_id = site and session_start >= v.starts and session_start < v.ends
      ) ordered
    ) halved
  ) s
  left join user_agents a on a.user_agent = s.user_agent
  order by line; -- in which numbers come into lists, so that those that are right stay as they are
  analyze started_sessions;

  -- `place` counts the session's pageviews from 0; `page` is the path's number among those of the segment.
  create temporary table session_pages as
  select
    line, day, segment, number, is_of_one_day, path, ms, place, seconds, page,
    row_number() over (partition by line, page order by place) = 1 as is_first,
    lag(page) over session as previous, case when place < 999 then lead(page) over session end as next
  from (
    select s.line, s.day, s.segment, s.number, s.is_of_one_day, p.path::text, p.time_on_page_seconds as seconds,
      milliseconds_between(s.session_start, p.view_timestamp) as ms,
      row_number() over (partition by s.line order by p.view_timestamp, p.event_id, p.id % 1024) - 1 as place,
      (dense_rank() over (partition by s.day, s.segment order by p.path collate "C"))::integer as page
    from pageviews p
    join started_sessions s on s.session_id = p.session_id
    where p.site_id = site and p.view_timestamp >= v.starts and p.view_timestamp < (last + 2)::timestamp at time zone v.zone
      and p.view_timestamp < (s.day + 2)::timestamp at time zone v.zone
  ) views
  window session as (partition by line order by place);

  create temporary table session_events as
  select *, row_number() over (partition by line, event_type order by place) = 1 as is_first
  from (
    select s.line, s.day, s.segment, s.number, e.event_type::text, milliseconds_between(s.session_start, e.event_timestamp) as ms,
      row_number() over (partition by s.line order by e.event_timestamp, e.event_id, e.id % 1024) - 1 as place
    from user_events e
    join started_sessions s on s.session_id = e.session_id
    where e.site_id = site and e.event_timestamp >= v.starts and e.event_timestamp < (last + 2)::timestamp at time zone v.zone
      and e.event_timestamp < (s.day + 2)::timestamp at time zone v.zone
  ) events;
  analyze session_pages, session_events;
end
$$;

-- Amounts as binary digits, the ones first: of each digit a bit an amount. Null where all are 0.
create or replace function digits_of(amounts integer[]) returns bit varying[]
language sql immutable parallel safe as $$
  select array_agg(array_to_string(array(select (amount >> place) & 1 from unnest(amounts) as amount), '')::bit varying order by place)
  from generate_series(0, length(ltrim((select max(amount) from unnest(amounts) as amount)::bit(32)::text, '0')) - 1) as place
$$;

-- Brings session_segments, session_visitors and session_counts of a site's days up to date: after visitor_days. Rows that are right
-- are not written again.
create or replace function pack_segments(site text, first date, last date) returns void
language plpgsql as $$
begin
  create temporary table fresh_segments as
  select s.*, coalesce(p.paths, '{}') as paths,
    digits_of(pageviews) as pageview_digits, digits_of(events) as event_digits, digits_of(seconds) as second_digits
  from (
    select day, segment, count(*)::integer as sessions,
      array_agg(visitor order by number) as visitors, array_agg(d.first_day order by number) as first_days,
      string_agg(case when visitor & 1 = 1 then '1' else '0' end, '' order by number)::bit varying as odd,
      array_agg(started_ms order by number) as started_ms,
      array_agg(pageviews order by number) as pageviews, array_agg(events order by number) as events,
      array_agg(seconds order by number) as seconds,
      string_agg(case when pageviews < 2 then '1' else '0' end, '' order by number)::bit varying as bounced
    from started_sessions
    left join (select day, visitor, first_day from visitor_days where site_id = site and day between first and last) d using (day, visitor)
    group by day, segment
  ) s
  left join (
    select day, segment, array_agg(path order by page) as paths
    from (select day, segment, page, min(path) as path from session_pages group by day, segment, page) pages
    group by day, segment
  ) p using (day, segment);

  delete from session_segments t
  where t.site_id = site and t.day between first and last
    and not exists (
      select from fresh_segments f
      where f.day = t.day and f.segment = t.segment
        and (f.sessions, f.odd, f.bounced, f.pageview_digits, f.event_digits, f.second_digits, f.paths)
          is not distinct from (t.sessions, t.odd, t.bounced, t.pageview_digits, t.event_digits, t.second_digits, t.paths)
    );
  insert into session_segments (site_id, day, segment, sessions, odd, bounced, pageview_digits, event_digits, second_digits, paths)
  select site, day, segment, sessions, odd, bounced, pageview_digits, event_digits, second_digits, paths
  from fresh_segments
  order by day, segment
  on conflict (site_id, day, segment) do nothing; -- what is still there is right

  delete from session_visitors t
  where t.site_id = site and t.day between first and last
    and not exists (
      select from fresh_segments f
      where f.day = t.day and f.segment = t.segment
        and (f.visitors, f.started_ms, f.first_days) is not distinct from (t.visitors, t.started_ms, t.first_days)
    );
  -- What the temporary table has packed is unpacked.
  insert into session_visitors (site_id, day, segment, visitors, started_ms, first_days)
  select site, day, segment, visitors || '{}', started_ms || '{}', first_days || '{}'
  from fresh_segments
  order by day, segment
  on conflict (site_id, day, segment) do nothing;

  delete from session_counts t
  where t.site_id = site and t.day between first and last
    and not exists (
      select from fresh_segments f
      where f.day = t.day and f.segment = t.segment
        and (f.pageviews, f.events, f.seconds) is not distinct from (t.pageviews, t.events, t.seconds)
    );
  insert into session_counts (site_id, day, segment, pageviews, events, seconds)
  select site, day, segment, pageviews || '{}', events || '{}', seconds || '{}'
  from fresh_segments
  order by day, segment
  on conflict (site_id, day, segment) do nothing;
  drop table fresh_segments;
end
$$;
