-- The row of a whole session, as etl/definitions.md says.

-- Whole seconds from one moment to a later one; null where one of them is.
create or replace function seconds_between(earlier timestamptz, later timestamptz) returns integer
language sql immutable parallel safe as $$
  select case
    when later - earlier >= interval '24000 days' then 2147483647
    else round(extract(epoch from later - earlier))::integer
  end
$$;

-- After how long without an event a session counts as idle: longer gaps are part of no duration and no time on page.
create or replace function idle_after() returns interval
language sql immutable parallel safe as $$
  select interval '30 minutes'
$$;

-- The referrer as a URL; trackers write `direct` where there is none.
create or replace function event_referrer(event jsonb) returns text
language sql immutable parallel safe as $$
  select coalesce(
    nullif(json_text(event -> 'attribution', 'referrer', 8192), 'direct'),
    nullif(json_text(event -> 'page', 'referrer', 8192), 'direct')
  )
$$;

-- Whether there is an event of the session that ends a bounce.
create or replace function has_own_events(site text, session text) returns boolean
language sql stable as $$
  select exists (
    select from user_events e where e.site_id = site and e.session_id = session and not is_automatic_event(e.event_type) offset 0
  )
$$;

-- Sums up each session of the batch, as far as the batch knows it, in the temporary table batch_sessions. `entry_at` is the
-- time of its first pageview (or its first event where there is none), `exit_at` that of its last. Of most sessions in a
-- backlog all events are in the batch: only of those that are known already does anything need to be looked up.
--
-- `starts_at` and `ends_at` are those of the whole session. `is_read` says that its earlier pageviews and events are read: the batch
-- may change their pages and times. The others go on where they stopped.
create or replace function read_sessions() returns void
language plpgsql as $$
begin
  create temporary table batch_sessions as
  select
    b.visit, b.site_id, b.session_id, b.first_event_at, b.last_event_at, b.last_other_at, b.views, b.interactions, b.failures,
    coalesce(b.first_view_at, b.first_event_at)  as entry_at,
    b.last_view_at                               as exit_at,
    s.session_id is not null                     as is_known,
    least(b.first_event_at, s.session_start)     as starts_at,
    greatest(b.last_event_at, s.known_until)     as ends_at,
    s.session_id is not null and (
      b.moments > 0 or b.first_event_at <= s.known_until
      or s.idle is null and b.last_event_at - s.session_start > idle_after()
    )                                            as is_read,
    s.known_until, s.idle as known_idle, s.engaged_seconds as known_engaged,
    coalesce(s.pageview_count, 0) + b.views = 1 and b.own_events = 0 and case s.pageview_count
      when 0 then not has_own_events(b.site_id, b.session_id)
      else coalesce(s.bounce, true)
    end as bounce
  from (
    select
      visit, site_id, session_id,
      min(event_timestamp)                                    as first_event_at,
      max(event_timestamp)                                    as last_event_at,
      max(event_timestamp) filter (where event_type <> 'page_exit') as last_other_at,
      min(event_timestamp) filter (where not is_interaction)  as first_view_at,
      max(event_timestamp) filter (where not is_interaction)  as last_view_at,
      count(*) filter (where not is_interaction)              as views,
      count(*) filter (where is_interaction)                  as interactions,
      count(*) filter (where is_interaction and not is_automatic_event(event_type)) as own_events,
      -- What read_lines looks at.
      count(*) filter (where not is_interaction or event_type = 'page_exit' or url is null and path is null) as moments,
      count(*) filter (where reason is not null)              as failures
    from batch_events
    group by visit, site_id, session_id
  ) b
  -- `offset 0`: one look into the index for each, never a scan of all sessions there are.
  left join lateral (
    select u.session_id, u.session_start, coalesce(u.last_event_at, u.session_start) as known_until, u.idle, u.engaged_seconds,
      u.pageview_count, u.bounce
    from user_sessions u where u.site_id = b.site_id and u.session_id = b.session_id offset 0
  ) s on true;

  -- Two sessions of one number, which chance does not bring about, but somebody may: they are numbered anew.
  if exists (select from batch_sessions group by visit having count(*) > 1) then
    update batch_sessions s set visit = n.number
    from (select site_id, session_id, row_number() over () as number from batch_sessions) n
    where s.site_id = n.site_id and s.session_id = n.session_id;
    update batch_events e set visit = s.visit
    from batch_sessions s
    where e.site_id = s.site_id and e.session_id = s.session_id;
  end if;
end
$$;

-- Adds one batch to user_sessions. Commutative: counts add up, times take the extremes, and what comes from one
-- event (entry, attribution, device; exit) is decided by (timestamp, event_id), whichever batch brings it. Durations (read_times) and
-- whether it is a bounce (read_sessions) are those of the whole session already.
-- The entry is the first pageview; while a session has none, its first event stands in.
create or replace function add_to_sessions(batch timestamptz) returns void
language plpgsql as $$
begin
  insert into user_sessions as s (
    site_id, session_id, visitor_id, session_start, session_end, duration_seconds, last_event_at,
    pageview_count, event_count, bounce,
    entry_at, entry_event_id, entry_url, entry_path, entry_title,
    exit_at, exit_event_id, exit_url, exit_path,
    utm_source, utm_medium, utm_campaign, utm_content, utm_term, referrer_type, referrer_platform, original_referrer,
    user_agent, browser_language, timezone, screen_width, screen_height, viewport_width, viewport_height, device_pixel_ratio,
    channel, country, engaged_seconds, idle
  )
  -- One pass over the batch finds the few rows that can be either.
  with candidates as materialized (
    select
      e.*,
      e.event_timestamp = b.entry_at and e.is_interaction = (b.views = 0)     as is_entry,
      coalesce(e.event_timestamp = b.exit_at and not e.is_interaction, false) as is_exit
    from batch_sessions b
    join batch_events e using (visit)
    where (e.event_timestamp = b.entry_at and e.is_interaction = (b.views = 0)) or (e.event_timestamp = b.exit_at and not e.is_interaction)
  ),
  entries as (
    select distinct on (visit) * from candidates where is_entry order by visit, event_id, id
  ),
  exits as (
    select distinct on (visit) visit, event_timestamp, event_id, url, path
    from candidates
    where is_exit
    order by visit, event_id desc, id desc
  )
  select
    b.site_id, b.session_id, entry.visitor_id, b.first_event_at,
    case when last_event_at < batch - interval '30 minutes' then last_event_at end,
    t.duration_seconds, last_event_at,
    views, interactions, b.bounce,
    entry.event_timestamp, entry.event_id,
    case when views > 0 then entry.url end,
    case when views > 0 then entry.path end,
    case when views > 0 then coalesce(told.title, json_text(entry.event -> 'page', 'title', 2048)) end,
    exit.event_timestamp, exit.event_id, exit.url, exit.path,
    json_text(said.utm, 'utm_source', 255),
    json_text(said.utm, 'utm_medium', 255),
    json_text(said.utm, 'utm_campaign', 255),
    json_text(said.utm, 'utm_content', 255),
    json_text(said.utm, 'utm_term', 255),
    json_text(said.attribution, 'referrerType', 50),
    json_text(said.attribution, 'referrerPlatform', 100),
    event_referrer(entry.event),
    coalesce(entry.user_agent, json_text(said.browser, 'userAgent', 512)),
    json_text(said.browser, 'language', 35),
    json_text(said.browser, 'timezone', 64),
    json_integer(said.browser -> 'screenWidth'),
    json_integer(said.browser -> 'screenHeight'),
    json_integer(said.browser -> 'viewportWidth'),
    json_integer(said.browser -> 'viewportHeight'),
    case when jsonb_typeof(said.pixel_ratio) = 'number' and said.pixel_ratio::numeric between 0 and 9999
      then said.pixel_ratio::numeric end,
    json_text(said.attribution, 'channel', 50),
    json_text(said.browser, 'country', 2),
    t.engaged_seconds, t.idle
  from batch_sessions b
  join batch_times t using (visit)
  join entries entry using (visit)
  left join exits exit using (visit)
  left join batch_titles told on told.visit = b.visit and told.view_id = entry.event_id::text and told.at >= entry.event_timestamp
  cross join lateral (
    select
      entry.event -> 'browser' as browser, entry.event -> 'attribution' as attribution,
      entry.event #> '{attribution,utmParams}' as utm, entry.event #> '{browser,devicePixelRatio}' as pixel_ratio
    offset 0
  ) said
  on conflict (site_id, session_id) do update set
    session_start    = least(s.session_start, excluded.session_start),
    last_event_at    = greatest(s.last_event_at, excluded.last_event_at),
    -- A new event opens the session again, unless it is an old one that came late.
    session_end      = case when s.session_end is null or excluded.session_end is null then null
                       else greatest(s.session_end, excluded.session_end) end,
    duration_seconds = excluded.duration_seconds,
    engaged_seconds  = excluded.engaged_seconds,
    idle             = excluded.idle,
    pageview_count   = s.pageview_count + excluded.pageview_count,
    event_count      = s.event_count + excluded.event_count,
    bounce           = excluded.bounce,
    -- All of these come from one event: the earlier of the two entries. Column by column: taking the whole row of one of
    -- them would build it anew for each column.
    (
      visitor_id, entry_at, entry_event_id, entry_url, entry_path, entry_title, utm_source, utm_medium, utm_campaign,
      utm_content, utm_term, referrer_type, referrer_platform, original_referrer, user_agent, browser_language,
      timezone, screen_width, screen_height, viewport_width, viewport_height, device_pixel_ratio, channel, country
    ) = (
      select
        case when is_earlier then excluded.visitor_id else s.visitor_id end,
        case when is_earlier then excluded.entry_at else s.entry_at end,
        case when is_earlier then excluded.entry_event_id else s.entry_event_id end,
        case when is_earlier then excluded.entry_url else s.entry_url end,
        case when is_earlier then excluded.entry_path else s.entry_path end,
        case when is_earlier then excluded.entry_title else s.entry_title end,
        case when is_earlier then excluded.utm_source else s.utm_source end,
        case when is_earlier then excluded.utm_medium else s.utm_medium end,
        case when is_earlier then excluded.utm_campaign else s.utm_campaign end,
        case when is_earlier then excluded.utm_content else s.utm_content end,
        case when is_earlier then excluded.utm_term else s.utm_term end,
        case when is_earlier then excluded.referrer_type else s.referrer_type end,
        case when is_earlier then excluded.referrer_platform else s.referrer_platform end,
        case when is_earlier then excluded.original_referrer else s.original_referrer end,
        case when is_earlier then excluded.user_agent else s.user_agent end,
        case when is_earlier then excluded.browser_language else s.browser_language end,
        case when is_earlier then excluded.timezone else s.timezone end,
        case when is_earlier then excluded.screen_width else s.screen_width end,
        case when is_earlier then excluded.screen_height else s.screen_height end,
        case when is_earlier then excluded.viewport_width else s.viewport_width end,
        case when is_earlier then excluded.viewport_height else s.viewport_height end,
        case when is_earlier then excluded.device_pixel_ratio else s.device_pixel_ratio end,
        case when is_earlier then excluded.channel else s.channel end,
        case when is_earlier then excluded.country else s.country end
      from (select (excluded.pageview_count = 0, excluded.entry_at, excluded.entry_event_id)
        < (s.pageview_count = 0, s.entry_at, s.entry_event_id) as is_earlier offset 0) entries
    ),
    (
      exit_at, exit_event_id, exit_url, exit_path
    ) = (
      select
        case when is_later then excluded.exit_at else s.exit_at end,
        case when is_later then excluded.exit_event_id else s.exit_event_id end,
        case when is_later then excluded.exit_url else s.exit_url end,
        case when is_later then excluded.exit_path else s.exit_path end
      from (select excluded.exit_at is not null
        and (s.exit_at is null or (excluded.exit_at, excluded.exit_event_id) > (s.exit_at, s.exit_event_id)) as is_later offset 0) exits
    );
end
$$;

-- update_active_sessions: ends each session that has been idle for 30 minutes, at its last event.
--
-- A later event opens it again (process_events_batch). Safe beside every other job: a session that a batch is writing is skipped,
-- and looked at again by the next run.
create or replace function end_idle_sessions() returns integer
language plpgsql as $$
declare
  v_ended integer;
begin
  update user_sessions s
  set session_end = coalesce(s.last_event_at, s.session_start)
  from (
    select site_id, session_id
    from user_sessions
    where session_end is null and coalesce(last_event_at, session_start) < now() - interval '30 minutes'
    for no key update skip locked
  ) idle
  where s.site_id = idle.site_id and s.session_id = idle.session_id;
  get diagnostics v_ended = row_count;
  return v_ended;
end
$$;

create or replace procedure update_active_sessions()
language plpgsql as $$
begin
  -- A batch in the same transaction must not wait for one that waits for these sessions; the job does without.
  perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
  perform end_idle_sessions();
end
$$;
