-- session_rows: the narrow row of each session, from which questions are answered.
--
-- Reads:  user_sessions, pageviews, user_events, user_agents.
-- Writes: dictionary, session_rows.
-- Makes and drops the temporary tables touched_sessions, touched_steps and touched_values; no other function reads them.

-- The version of etl/definitions.md that rows are made by; `footfall rebuild` makes rows of an older version again.
create or replace function row_definitions() returns smallint
language sql immutable parallel safe as $$
  select 3::smallint
$$;

-- How many steps of a session its row keeps; the facts have all of them. This bounds the cost of a batch where a server always
-- sends the same session id, and lets the microseconds of a moment hold the step's place.
create or replace function most_steps() returns integer
language sql immutable parallel safe as $$
  select 1000
$$;

-- Whether the row holds all steps of its session.
create or replace function is_whole(s session_rows) returns boolean
language sql immutable parallel safe as $$
  select s.pageviews + s.events <= most_steps()
$$;

create or replace function visitor_hash(visitor_id text) returns bigint
language sql immutable parallel safe as $$
  select hashtextextended(visitor_id, 0)
$$;

-- The channel of a session whose collector did not say: that of its referrer type, without campaign parameters.
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

-- The furthest milestone that a scroll_depth event or a page_exit reports, in percent: 25, 50, 75, 100, or 0.
create or replace function scroll_milestone(event_data jsonb) returns smallint
language sql immutable parallel safe as $$
  select (least(greatest(coalesce(json_integer(event_data -> 'milestone'), json_integer(event_data -> 'scrollPercentage'), 0), 0), 100) / 25 * 25)::smallint
$$;

-- The rows of some sessions, as the facts have them now; none of a session that is gone. Adds values to the dictionary.
--
-- `since` is the time of the earliest event that is not in the row yet; null if any event may be new. Where a row has its 1,000
-- steps and all that is new comes later, these stay as they are.
create or replace function make_session_rows(sites text[], sessions text[], since timestamptz[]) returns setof session_rows
language plpgsql
set plan_cache_mode = force_custom_plan
set work_mem = '64MB'
set enable_mergejoin = off -- temporary tables have no statistics: it would sort where a hash will do
set enable_nestloop = off
as $$
begin
  -- Values that are looked up here stay until this transaction has ended (22_dictionary.sql).
  perform pg_advisory_xact_lock_shared(hashtextextended('footfall:dictionary', 0));
  create temporary table touched_sessions as
  select
    (row_number() over ())::integer as number, s.site_id, s.session_id, s.session_start, coalesce(s.last_event_at, s.session_start) as ended_at,
    visitor_hash(s.visitor_id) as visitor, coalesce(s.duration_seconds, 0) as duration_seconds, s.engaged_seconds, s.pageview_count, s.event_count,
    s.pageview_count > 0 and s.bounce as bounced,
    array[
      coalesce(s.entry_path, ''), coalesce(s.exit_path, ''),
      coalesce(source_name(tag.source), ''),
      coalesce(case when s.is_external then s.referrer_host end, ''),
      coalesce(s.referrer_type, ''), coalesce(s.channel, referrer_channel(s.referrer_type)),
      coalesce(folded_tag(s.utm_source), ''), coalesce(folded_tag(s.utm_medium), ''), coalesce(folded_tag(s.utm_campaign), ''),
      coalesce(folded_tag(s.utm_content), ''), coalesce(folded_tag(s.utm_term), ''),
      coalesce(s.country, ''), coalesce(s.browser_language, ''),
      coalesce(a.browser, ''), coalesce(a.os, ''), coalesce(a.device_type, ''),
      coalesce(s.screen_width || '×' || s.screen_height, '')
    ] as texts,
    r.kept, r.kept is distinct from null as keeps_steps
  from (select distinct on (site_id, session_id) * from unnest(sites, sessions, since) as t(site_id, session_id, since)) t
  -- `offset 0`: one look into the index for each session, never a scan of all sessions.
  cross join lateral (
    select u.*, u.referrer_type is distinct from 'internal' as is_external, url_host(u.original_referrer) as referrer_host
    from user_sessions u where u.site_id = t.site_id and u.session_id = t.session_id offset 0
  ) s
  -- `offset 0`: folded once, not wherever source_name uses it.
  cross join lateral (select source_tag(s.utm_source, s.referrer_type, s.referrer_platform, s.referrer_host) as source offset 0) tag
  left join lateral (select browser, os, device_type from user_agents a where a.user_agent = s.user_agent offset 0) a on true
  left join lateral (
    select kept
    from session_rows kept
    where t.since is not null and kept.site_id = t.site_id and kept.session_id = t.session_id and not is_whole(kept)
      and t.since > greatest(kept.page_at[cardinality(kept.page_at)], kept.event_at[cardinality(kept.event_at)])
    offset 0
  ) r on true;

  create temporary table touched_steps as
  select t.site_id, t.number, s.ordinal, s.is_event, date_bin('1 millisecond', s.at, 'epoch') + s.ordinal * interval '1 microsecond' as at,
    s.value, s.path, s.seconds, s.engaged, s.depth, s.visitor
  from touched_sessions t
  cross join lateral (
    select row_number() over (order by at, is_event, id) - 1 as ordinal, steps.*
    from (
      select false as is_event, v.view_timestamp as at, v.id, v.path::text as value, null::text as path,
        v.time_on_page_seconds as seconds, v.engaged_seconds as engaged, null::smallint as depth, visitor_hash(v.visitor_id) as visitor
      from pageviews v where v.site_id = t.site_id and v.session_id = t.session_id
      union all
      select true, e.event_timestamp, e.id, e.event_type,
        case when e.event_type in ('scroll_depth', 'page_exit') then e.page_path end,
        null, null,
        case when e.event_type in ('scroll_depth', 'page_exit') then scroll_milestone(e.event_data) end,
        null
      from user_events e where e.site_id = t.site_id and e.session_id = t.session_id
    ) steps
  ) s
  where not t.keeps_steps and s.ordinal < most_steps();

  create temporary table touched_values as
  select t.site_id, t.value, t.value_hash, d.value_id, d.retired_at
  from (
    select site_id, value, md5(value)::uuid as value_hash
    from (select site_id, value from touched_steps union select site_id, unnest(texts) from touched_sessions) named
    offset 0
  ) t
  left join lateral (
    select * from dictionary d where d.site_id = t.site_id and d.value_hash = t.value_hash offset 0
  ) d on true;
  if exists (select from touched_values where value_id is null or retired_at is not null) then
    -- First: where a retired value is being removed this waits, and the value is added again below.
    update dictionary d set retired_at = null
    from touched_values t
    where t.retired_at is not null and d.site_id = t.site_id and d.value_id = t.value_id;
    -- In order, so that no two workers wait for each other in a circle.
    insert into dictionary (site_id, value)
    select site_id, value from touched_values where value_id is null or retired_at is not null order by site_id, value_hash
    on conflict (site_id, value_hash) do nothing;
    update touched_values t set value_id = d.value_id
    from dictionary d
    where (t.value_id is null or t.retired_at is not null) and d.site_id = t.site_id and d.value_hash = t.value_hash;
  end if;

  return query
  with
  -- A view's depth is the furthest milestone of its page until the session's next view of that page.
  depths as (
    select number, ordinal, max(depth) as depth
    from (
      select s.number, max(v.ordinal) as ordinal, s.depth
      from touched_steps s
      join touched_steps v on v.number = s.number and v.value = s.path and not v.is_event and v.ordinal < s.ordinal
      where s.depth > 0
      group by s.number, s.ordinal, s.depth
    ) scrolled
    group by number, ordinal
  ),
  known as (
    select k.number, k.is_event, k.at, v.value_id, k.seconds, coalesce(d.depth, 0::smallint) as depth, k.engaged, k.visitor
    from touched_steps k
    join touched_values v using (site_id, value)
    left join depths d on d.number = k.number and d.ordinal = k.ordinal
    order by k.number, k.ordinal -- so the arrays below are in order: to sort each by itself takes twice as long
  ),
  steps as (
    select number, count(*) as count,
      array_agg(value_id) filter (where not is_event) as page_ids,
      array_agg(at)       filter (where not is_event) as page_at,
      array_agg(seconds)  filter (where not is_event) as page_seconds,
      case when count(engaged) > 0 then array_agg(engaged) filter (where not is_event) end as page_engaged,
      array_agg(depth)    filter (where not is_event) as page_depths,
      array_agg(visitor)  filter (where not is_event) as page_visitors,
      array_agg(value_id) filter (where is_event)     as event_ids,
      array_agg(at)       filter (where is_event)     as event_at,
      min(visitor) as least_visitor, max(visitor) as greatest_visitor
    from known
    group by number
  ),
  -- The number of each text of a site. A join for each of the 17 columns would take as long, and more lines.
  ids as materialized (
    select site_id, jsonb_object_agg(value, value_id) as of from touched_values group by site_id
  )
  select
    t.session_start, t.ended_at, t.visitor, t.duration_seconds, t.engaged_seconds,
    case when s.count < most_steps() then coalesce(cardinality(s.page_ids), 0) else t.pageview_count end,
    case when s.count < most_steps() then coalesce(cardinality(s.event_ids), 0) else t.event_count end,
    (ids.of -> texts[1])::integer, (ids.of -> texts[2])::integer, (ids.of -> texts[3])::integer, (ids.of -> texts[4])::integer,
    (ids.of -> texts[5])::integer, (ids.of -> texts[6])::integer, (ids.of -> texts[7])::integer, (ids.of -> texts[8])::integer,
    (ids.of -> texts[9])::integer, (ids.of -> texts[10])::integer, (ids.of -> texts[11])::integer, (ids.of -> texts[12])::integer,
    (ids.of -> texts[13])::integer, (ids.of -> texts[14])::integer, (ids.of -> texts[15])::integer, (ids.of -> texts[16])::integer,
    (ids.of -> texts[17])::integer,
    row_definitions(), t.site_id, t.session_id,
    coalesce(s.page_ids, (t.kept).page_ids, '{}'), coalesce(s.page_at, (t.kept).page_at, '{}'),
    coalesce(s.page_seconds, (t.kept).page_seconds, '{}'), coalesce(s.page_depths, (t.kept).page_depths, '{}'),
    case when t.keeps_steps then (t.kept).page_visitors
         when s.least_visitor <> t.visitor or s.greatest_visitor <> t.visitor then s.page_visitors end,
    coalesce(s.event_ids, (t.kept).event_ids, '{}'), coalesce(s.event_at, (t.kept).event_at, '{}'),
    case when t.keeps_steps then (t.kept).page_engaged else s.page_engaged end,
    t.bounced
  from touched_sessions t
  join ids using (site_id)
  left join steps s using (number)
  order by t.site_id, t.session_start; -- a site's rows lie side by side: a scan of them reads a third of the pages
  drop table touched_sessions, touched_steps, touched_values;
end
$$;

-- Writes the rows of some sessions as the facts have them now, and deletes the rows of sessions that are gone. Rows that are right
-- are not written again. Returns how many were written.
--
-- The caller holds the locks of these rows of user_sessions: otherwise a concurrent batch might be overwritten by an older state.
-- `since`: see make_session_rows.
create or replace function write_session_rows(sites text[], sessions text[], since timestamptz[] default null) returns integer
language plpgsql
as $$
declare
  v_written integer;
begin
  insert into session_rows as r
  select * from make_session_rows(sites, sessions, since)
  on conflict (site_id, session_id) do update set (
    started_at, ended_at, visitor, duration_seconds, engaged_seconds, pageviews, events,
    entry_page, exit_page, source, referrer, referrer_type, channel, utm_source, utm_medium, utm_campaign, utm_content, utm_term,
    country, language, browser, os, device, screen, definitions,
    page_ids, page_at, page_seconds, page_depths, page_visitors, event_ids, event_at, page_engaged, bounced
  ) = (
    excluded.started_at, excluded.ended_at, excluded.visitor, excluded.duration_seconds, excluded.engaged_seconds, excluded.pageviews, excluded.events,
    excluded.entry_page, excluded.exit_page, excluded.source, excluded.referrer, excluded.referrer_type, excluded.channel,
    excluded.utm_source, excluded.utm_medium, excluded.utm_campaign, excluded.utm_content, excluded.utm_term,
    excluded.country, excluded.language, excluded.browser, excluded.os, excluded.device, excluded.screen, excluded.definitions,
    excluded.page_ids, excluded.page_at, excluded.page_seconds, excluded.page_depths, excluded.page_visitors, excluded.event_ids, excluded.event_at,
    excluded.page_engaged, excluded.bounced
  )
  where r is distinct from excluded;
  get diagnostics v_written = row_count;
  delete from session_rows r
  using unnest(sites, sessions) as gone(site_id, session_id)
  where r.site_id = gone.site_id and r.session_id = gone.session_id
    and not exists (select from user_sessions u where u.site_id = gone.site_id and u.session_id = gone.session_id offset 0);
  return v_written;
end
$$;
