-- erase_visitor: removes all that is stored of one visitor, and marks the days on which it came: questions answer at once as if it
-- had never come, and so do roll-ups once they are made again (db/visitor_record.ts does that).
--
-- Reads and writes every table that names visitors or sessions (visitor_tables), stale_days, visitor_days, visitor_returns,
-- visitor_cohorts, dictionary.
--
-- Returns how many rows went, table by table. All or nothing: one transaction. What is the visitor's is looked for first, which takes
-- long and holds up nothing; then the ETL waits while it is deleted by keys. A shared session is computed again from the raw
-- events that are left; where those are past their retention, it is mended from its pageviews and events.
create or replace function erase_visitor(visitor text, site text default null)
returns table (table_name text, row_count bigint)
language plpgsql
set jit = off
set plan_cache_mode = force_custom_plan
set work_mem = '64MB'
as $$
declare
  v_sites           text[];
  v_sessions        text[];
  v_shared_sites    text[];
  v_shared_sessions text[];
  v_raw_sites       text[];
  v_raw_events      uuid[];
  v_table           record;
begin
  if coalesce(visitor, '') = '' then
    raise exception 'the visitor is missing' using errcode = 'invalid_parameter_value';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('footfall:roll-up', 0));
  select
    coalesce(array_agg(s.site_id)    filter (where not s.is_shared), '{}'),
    coalesce(array_agg(s.session_id) filter (where not s.is_shared), '{}'),
    coalesce(array_agg(s.site_id)    filter (where s.is_shared), '{}'),
    coalesce(array_agg(s.session_id) filter (where s.is_shared), '{}')
    into v_sites, v_sessions, v_shared_sites, v_shared_sessions
  from visitor_sessions(visitor, site) s;
  execute format('select array_agg(t.site_id), array_agg(t.event_id) from events_log t where %s', is_of_visitor('events_log', true, true))
    into v_raw_sites, v_raw_events using visitor, site, v_sites, v_sessions;

  perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
  -- Waits for a rebuild that writes rows of these sessions now; later slices skip them.
  perform from unnest(v_sites || v_shared_sites, v_sessions || v_shared_sessions) as own(site_id, session_id)
  join user_sessions s using (site_id, session_id)
  for update of s;
  update dictionary d set retired_at = now()
  from (
    select s.site_id, unnest(values_of_row(s)) as value_id
    from unnest(v_sites || v_shared_sites, v_sessions || v_shared_sessions) as own(site_id, session_id)
    join session_rows s using (site_id, session_id)
  ) named
  where d.site_id = named.site_id and d.value_id = named.value_id;
  perform mark_session_days(v_sites || v_shared_sites, v_sessions || v_shared_sessions);
  perform mend_sessions(visitor, v_shared_sites, v_shared_sessions);
  for v_table in
    -- First, while the raw events still say whose they are.
    select 'failed_events' as name, is_failed_event_of_visitor() as condition
    union all
    select 'events_log', '(t.site_id, t.event_id) in (select * from unnest($5, $6))'
    union all
    select * from (
      select t.name, is_of_sessions(t.name, t.has_visitor, t.has_session) from visitor_tables() t where t.name <> 'events_log' order by 1
    ) others
  loop
    execute format('delete from %I t where %s', v_table.name, v_table.condition)
      using visitor, site, v_sites, v_sessions, v_raw_sites, v_raw_events, v_shared_sites, v_shared_sessions;
    get diagnostics row_count = row_count;
    if row_count > 0 then
      table_name := v_table.name;
      return next;
    end if;
  end loop;
  perform process_sessions_again(v_shared_sites, v_shared_sessions);
  perform recompute_sessions(v_shared_sites, v_shared_sessions);
  perform write_session_rows(v_shared_sites, v_shared_sessions);
  perform forget_visitor_days(visitor_hash(visitor), site);
end
$$;

-- Whether a row `t` of a table is of the visitor's sessions, as SQL: $1 is the visitor, $2 the site (null: all), $3 and $4 are the sites
-- and ids of the sessions that are the visitor's alone, $7 and $8 of those that it shares. The rows of each session are found by the index
-- on sessions, else the whole table would be read while the ETL waits.
create or replace function is_of_sessions(name text, has_visitor boolean, has_session boolean) returns text
language sql immutable as $$
  select case
    when has_session then format('t.ctid = any (array(
      select o.ctid
      from (select * from unnest($3, $4) union all select * from unnest($7, $8)) as own(site_id, session_id)
      cross join lateral (select o.ctid from %I o where o.site_id = own.site_id and o.session_id = own.session_id offset 0) o
    )) and ((t.site_id, t.session_id) in (select * from unnest($3, $4)) ', name) ||
      case when has_visitor then 'or (t.site_id, t.session_id) in (select * from unnest($7, $8)) and t.visitor_id = $1)' else ')' end
    else '($2 is null or t.site_id = $2) and t.visitor_id = $1'
  end
$$;

-- Removes a visitor from the roll-ups that tell visitors apart, but from days on which sessions of others still name it.
create or replace function forget_visitor_days(hash bigint, site text) returns void
language plpgsql as $$
declare
  v record;
begin
  for v in
    select d.site_id, array_agg(d.day) as days
    from visitor_days d
    where d.visitor = hash and (site is null or d.site_id = site)
    group by d.site_id
  loop
    delete from visitor_days d where d.site_id = v.site_id and d.visitor = hash;
    perform count_visitor_days(v.site_id, v.days);
  end loop;
end
$$;

-- Marks each day on which a session has started or something has happened in it.
create or replace function mark_session_days(sites text[], sessions text[]) returns void
language plpgsql as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  insert into stale_days (site_id, metric_date, marked_at)
  select distinct moments.site_id, (moments.at at time zone coalesce(site.timezone, 'UTC'))::date, v_now
  from (
    select s.site_id, s.session_start as at
    from unnest(sites, sessions) as own(site_id, session_id) join user_sessions s using (site_id, session_id)
    union all
    select v.site_id, v.view_timestamp
    from unnest(sites, sessions) as own(site_id, session_id) join pageviews v using (site_id, session_id)
    union all
    select e.site_id, e.event_timestamp
    from unnest(sites, sessions) as own(site_id, session_id) join user_events e using (site_id, session_id)
  ) moments
  left join sites site on site.site_id = moments.site_id;
end
$$;

-- Makes a shared session's row one of what others did in it. What only the raw events know (referrer type, channel, device) is
-- unknown afterwards, where it came from the visitor's own event.
create or replace function mend_sessions(visitor text, sites text[], sessions text[]) returns void
language plpgsql as $$
begin
  with line as (
    select v.site_id, v.session_id, v.visitor_id, true as is_view, false as is_own, v.view_timestamp as at, v.event_id, v.id, v.url,
      v.path, v.title, v.referrer, v.utm_source, v.utm_medium, v.utm_campaign, v.utm_content, v.utm_term
    from unnest(sites, sessions) as shared(site_id, session_id) join pageviews v using (site_id, session_id)
    where v.visitor_id <> visitor
    union all
    select e.site_id, e.session_id, e.visitor_id, false, not is_automatic_event(e.event_type), e.event_timestamp, e.event_id, e.id, null,
      null, null, null, null, null, null, null, null
    from unnest(sites, sessions) as shared(site_id, session_id) join user_events e using (site_id, session_id)
    where e.visitor_id <> visitor
  ),
  sums as (
    select site_id, session_id, min(at) as first_at, max(at) as last_at,
      count(*) filter (where is_view) as views, count(*) filter (where not is_view) as interactions,
      bool_or(is_own) as has_own
    from line group by site_id, session_id
  ),
  entry as (
    select distinct on (site_id, session_id) * from line order by site_id, session_id, not is_view, at, event_id, id % 1024
  ),
  exit as (
    select distinct on (site_id, session_id) * from line where is_view
    order by site_id, session_id, at desc, event_id desc, id % 1024 desc
  ),
  mended as (
    select sums.*, entry.visitor_id, entry.at as entry_at, entry.event_id as entry_event_id, entry.url as entry_url,
      entry.path as entry_path, entry.title as entry_title, entry.referrer,
      entry.utm_source, entry.utm_medium, entry.utm_campaign, entry.utm_content, entry.utm_term,
      exit.at as exit_at, exit.event_id as exit_event_id, exit.url as exit_url, exit.path as exit_path
    from sums join entry using (site_id, session_id) left join exit using (site_id, session_id)
  )
  update user_sessions s set
    visitor_id = m.visitor_id, session_start = m.first_at, last_event_at = m.last_at,
    session_end = case when s.session_end is not null then m.last_at end,
    pageview_count = m.views, event_count = m.interactions, bounce = m.views = 1 and not m.has_own,
    entry_at = m.entry_at, entry_event_id = m.entry_event_id, entry_url = m.entry_url, entry_path = m.entry_path,
    entry_title = m.entry_title,
    exit_at = m.exit_at, exit_event_id = m.exit_event_id, exit_url = m.exit_url, exit_path = m.exit_path,
    utm_source        = case when s.visitor_id <> visitor then s.utm_source else m.utm_source end,
    utm_medium        = case when s.visitor_id <> visitor then s.utm_medium else m.utm_medium end,
    utm_campaign      = case when s.visitor_id <> visitor then s.utm_campaign else m.utm_campaign end,
    utm_content       = case when s.visitor_id <> visitor then s.utm_content else m.utm_content end,
    utm_term          = case when s.visitor_id <> visitor then s.utm_term else m.utm_term end,
    original_referrer = case when s.visitor_id <> visitor then s.original_referrer else m.referrer end,
    referrer_type     = case when s.visitor_id <> visitor then s.referrer_type end,
    referrer_platform = case when s.visitor_id <> visitor then s.referrer_platform end,
    user_agent        = case when s.visitor_id <> visitor then s.user_agent end,
    browser_language  = case when s.visitor_id <> visitor then s.browser_language end,
    timezone          = case when s.visitor_id <> visitor then s.timezone end,
    screen_width      = case when s.visitor_id <> visitor then s.screen_width end,
    screen_height     = case when s.visitor_id <> visitor then s.screen_height end,
    viewport_width    = case when s.visitor_id <> visitor then s.viewport_width end,
    viewport_height   = case when s.visitor_id <> visitor then s.viewport_height end,
    device_pixel_ratio = case when s.visitor_id <> visitor then s.device_pixel_ratio end,
    channel           = case when s.visitor_id <> visitor then s.channel end,
    country           = case when s.visitor_id <> visitor then s.country end
  from mended m
  where s.site_id = m.site_id and s.session_id = m.session_id;
end
$$;

-- Computes sessions anew from their raw events; leaves those alone of which some raw events are gone.
create or replace function process_sessions_again(sites text[], sessions text[]) returns void
language plpgsql as $$
declare
  v_sites    text[];
  v_sessions text[];
  v_ids      bigint[];
  v_table    record;
  v_slice    record;
begin
  select array_agg(shared.site_id), array_agg(shared.session_id) into v_sites, v_sessions
  from unnest(sites, sessions) as shared(site_id, session_id)
  where not exists (
    select from (
      select v.site_id, v.id from pageviews v where v.site_id = shared.site_id and v.session_id = shared.session_id
      union all
      select e.site_id, e.id from user_events e where e.site_id = shared.site_id and e.session_id = shared.session_id
    ) facts
    where not exists (
      select from events_log l
      where l.site_id = facts.site_id and l.session_id = shared.session_id and l.id = facts.id / 1024
    )
  );
  if v_sites is null then
    return;
  end if;
  select coalesce(array_agg(l.id), '{}') into v_ids
  from unnest(v_sites, v_sessions) as shared(site_id, session_id) join events_log l using (site_id, session_id)
  where l.processed_at is not null and (l.bot is null or not is_left_out(l.site_id, l.bot));
  for v_table in select name from visitor_tables() where has_session and name <> 'events_log' loop
    execute format('delete from %I t where (t.site_id, t.session_id) in (select * from unnest($1, $2))', v_table.name)
      using v_sites, v_sessions;
  end loop;
  delete from failed_events f
  using unnest(v_sites) as shared(site_id), unnest(v_ids) as raw(id)
  where f.site_id = shared.site_id and f.id / 1024 = raw.id;
  update events_log l set processed_at = null
  from unnest(v_sites, v_sessions) as shared(site_id, session_id)
  where l.site_id = shared.site_id and l.session_id = shared.session_id and l.processed_at is not null
    and (l.bot is null or not is_left_out(l.site_id, l.bot));
  -- As large as a batch of the ETL's own job. What else waits in between is processed along.
  for v_slice in
    select min(id) as first_id, max(id) as last_id
    from (select id, row_number() over (order by id) / 10000 as number from unnest(v_ids) as raw(id)) numbered
    group by number order by 1
  loop
    perform process_whole_range(v_slice.first_id, v_slice.last_id, null);
  end loop;
end
$$;
