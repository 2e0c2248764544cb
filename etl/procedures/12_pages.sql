-- What a pageview or an event takes from its neighbours in the session: its page, its time.
--
-- Worked out before anything is written, so that most rows are written once. Only a session that is known already has
-- older rows: those are read, and corrected where a late event changes them.

-- The seconds that a page_exit says have passed since the page came into view; null where it does not say, or says what cannot be.
-- In one expression: a function with a query of its own is called for each event, which costs a fifth of a batch.
create or replace function exit_seconds(event_data jsonb) returns integer
language sql immutable parallel safe as $$
  select round(nullif(greatest(json_integer(event_data -> 'timeSpent'), -1), -1) / 1000.0)::integer
$$;

-- The time for which a page_exit says that the page was used; null likewise.
create or replace function exit_engaged(event_data jsonb) returns interval
language sql immutable parallel safe as $$
  select nullif(greatest(json_integer(event_data -> 'engagedTime'), -1), -1) * interval '1 millisecond'
$$;

-- Puts the events in order that pages and times are worked out of, in the temporary table batch_lines: each pageview, each page_exit,
-- each event that was sent without its page; of sessions of more than 30 minutes, and of those that are read, every event.
-- Of known sessions also what was made of it.
--
-- A stretch is a pageview and what follows until the next one; the pageview's own number, therefore.
create or replace function read_lines() returns void
language plpgsql
set enable_nestloop = off -- nothing here is found by an index; a session may have ten thousand views
as $$
begin
  create temporary table batch_lines as
  with known as materialized (
    select
      b.visit, v.view_timestamp as at, false as is_interaction, v.event_id, v.id, false as is_exit, false as is_inferred,
      b.site_id as known_site, v.url, v.path::text, null::integer as spent, null::interval as engaged,
      v.time_on_page_seconds as known_seconds, v.engaged_seconds as known_engaged
    from batch_sessions b
    -- `offset 0`: by the index for each session, never a scan of all that there is.
    cross join lateral (
      select * from pageviews v where v.site_id = b.site_id and v.session_id = b.session_id offset 0
    ) v
    where b.is_read
    union all
    select
      b.visit, e.event_timestamp, true, e.event_id, e.id, e.event_type = 'page_exit', e.page_inferred,
      b.site_id, e.page_url, e.page_path,
      case when e.event_type = 'page_exit' then exit_seconds(e.event_data) end,
      case when e.event_type = 'page_exit' then exit_engaged(e.event_data) end,
      null, null
    from batch_sessions b
    cross join lateral (
      select * from user_events e where e.site_id = b.site_id and e.session_id = b.session_id offset 0
    ) e
    where b.is_read
  ),
  moments as (
    select
      visit, event_timestamp as at, is_interaction, event_id, id,
      event_type = 'page_exit'                        as is_exit,
      is_interaction and url is null and path is null as is_inferred,
      null::varchar                                   as known_site,
      case when is_interaction then url else coalesce(url, json_text(event -> 'page', 'url', 8192), path, '') end as url,
      case when is_interaction then path else coalesce(path, canonical_path(json_text(event -> 'page', 'path', 2048)), '') end as path,
      case when event_type = 'page_exit' then exit_seconds(event_data) end                                       as spent,
      case when event_type = 'page_exit' then exit_engaged(event_data) end                                       as engaged,
      null::integer                                   as known_seconds,
      null::integer                                   as known_engaged
    from batch_events
    where not is_interaction or event_type = 'page_exit' or url is null and path is null
      or visit in (select visit from batch_sessions where ends_at - starts_at > idle_after())
    union all
    select * from known
  )
  select m.*, count(*) filter (where not is_interaction)
    over (partition by visit order by at, is_interaction, event_id, id) as stretch
  from moments m;
end
$$;

-- Finds the view that each page_exit ends, in the temporary table batch_exits: the latest view of its own path, since another tab may
-- have opened a page in between; where its path was not viewed, the latest view of all; none where there is no view before it.
-- `engaged` is at most the time since that view.
create or replace function read_exits() returns void
language plpgsql
set enable_nestloop = off
as $$
begin
  create temporary table batch_exits as
  with exits as (
    select
      x.visit, x.id, x.at, x.spent, x.engaged, v.id as view_id, v.at as view_at,
      not x.is_inferred and x.path <> v.path as is_of_another
    from batch_lines x
    left join batch_lines v on v.visit = x.visit and v.stretch = x.stretch and not v.is_interaction
    where x.is_exit
  ),
  path_stretches as (
    select l.visit, l.path, l.at, l.is_interaction, l.id, count(*) filter (where not l.is_interaction)
      over (partition by l.visit, l.path order by l.at, l.is_interaction, l.event_id, l.id) as stretch
    from batch_lines l
    where (not l.is_interaction or l.is_exit and not l.is_inferred)
      and l.visit in (select x.visit from exits x where x.is_of_another)
  ),
  path_views as (
    select x.visit, x.id, v.id as view_id, v.at as view_at
    from path_stretches x
    join path_stretches v using (visit, path, stretch)
    where x.is_interaction and not v.is_interaction
  )
  select x.visit, x.at, x.spent, v.id as view_id, v.at as view_at,
    case when x.engaged is not null then least(x.engaged, x.at - v.at) end as engaged
  from exits x
  left join path_views p on x.is_of_another and p.visit = x.visit and p.id = x.id
  cross join lateral (select coalesce(p.view_id, x.view_id) as id, coalesce(p.view_at, x.view_at) as at) v;
end
$$;

-- Works out, in the temporary table batch_pages, the time on page and the engaged time of each pageview, and the page of each event
-- that was sent without one: that of the session's latest pageview at that moment.
--
-- Time on page: until the next pageview, where it follows within the 30 minutes after which a session counts as idle; else the
-- engaged time; else until the page was left, where that is at most 30 minutes; else unknown.
create or replace function read_pages() returns void
language plpgsql
set enable_nestloop = off
as $$
begin
  create temporary table batch_pages as
  with views as (
    select visit, stretch, at, id, known_site, url, path, known_seconds, known_engaged
    from batch_lines
    where not is_interaction
  ),
  stays as (
    select
      visit, view_id as id, round(extract(epoch from max(engaged)))::integer as engaged,
      max(stay) filter (where stay <= extract(epoch from idle_after())) as seconds
    from batch_exits
    cross join lateral (select coalesce(spent, seconds_between(view_at, at)) as stay) s
    where view_id is not null
    group by visit, view_id
  )
  select
    v.visit, v.at, v.id, false as is_interaction, v.known_site, v.url, v.path,
    case when n.at - v.at <= idle_after() then seconds_between(v.at, n.at) else coalesce(s.engaged, s.seconds) end as seconds,
    s.engaged, v.known_seconds, v.known_engaged, null as known_url, null as known_path
  from views v
  left join views n on n.visit = v.visit and n.stretch = v.stretch + 1
  left join stays s on s.visit = v.visit and s.id = v.id
  union all
  select x.visit, x.at, x.id, true, x.known_site, v.url, v.path, null, null, null, null, x.url, x.path
  from batch_lines x
  left join views v using (visit, stretch)
  where x.is_inferred;
end
$$;

-- Corrects what earlier batches made of pageviews and events which have got a new neighbour.
create or replace function correct_pages() returns void
language plpgsql
set enable_hashjoin = off -- each is found by its key, however few rows the tables have
as $$
begin
  update pageviews v
  set time_on_page_seconds = p.seconds, engaged_seconds = p.engaged
  from batch_pages p
  where p.known_site is not null and not p.is_interaction
    and (p.seconds, p.engaged) is distinct from (p.known_seconds, p.known_engaged)
    and v.site_id = p.known_site and v.view_timestamp = p.at and v.id = p.id;

  update user_events e
  set page_url = p.url, page_path = p.path
  from batch_pages p
  where p.known_site is not null and p.is_interaction and (p.url, p.path) is distinct from (p.known_url, p.known_path)
    and e.site_id = p.known_site and e.event_timestamp = p.at and e.id = p.id;

  if found then
    update form_submissions f
    set page_url = p.url, page_path = p.path
    from batch_pages p
    where p.known_site is not null and p.is_interaction and (p.url, p.path) is distinct from (p.known_url, p.known_path)
      and f.site_id = p.known_site and f.id = p.id;
  end if;
end
$$;
