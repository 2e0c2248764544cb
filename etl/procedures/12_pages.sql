-- What a pageview or an event takes from its neighbours in the session: its page, its time.
--
-- Worked out before anything is written, so that most rows are written once. Only a session that is known already has
-- older rows: those are read, and corrected where a late event changes them.

-- The seconds that a page_exit reports; null where it reports none.
create or replace function exit_seconds(event_data jsonb) returns integer
language sql immutable parallel safe as $$
  select round(json_integer(event_data -> 'timeSpent') / 1000.0)::integer
$$;

-- Works out, in the temporary table batch_pages, of each pageview its time on page, and of each event that was sent without its
-- page the page of the session's latest pageview at that moment.
--
-- What counts for its neighbours: each pageview, each page_exit, each event that was sent without its page; of known sessions
-- also those of earlier batches, with what was made of them.
--
-- Time on page: until the next pageview, where it follows within the 30 minutes after which a session counts as idle; else
-- until the page was left (the longest page_exit of that page); else until the next pageview however far, or unknown. A
-- page_exit belongs to the latest view of its own path, since another tab may have opened a page in between; where its path
-- was not viewed, to the latest view of all.
create or replace function read_pages() returns void
language plpgsql
set enable_nestloop = off -- nothing here is found by an index; a session may have ten thousand views
as $$
begin
  create temporary table batch_pages as
  with known as materialized (
    select
      b.visit, v.view_timestamp as at, false as is_interaction, v.event_id, v.id, false as is_exit, false as is_inferred,
      b.site_id as known_site, v.url, v.path::text, null::integer as spent, v.time_on_page_seconds as known_seconds
    from batch_sessions b
    -- `offset 0`: by the index for each session, never a scan of all that there is.
    cross join lateral (
      select * from pageviews v where v.site_id = b.site_id and v.session_id = b.session_id offset 0
    ) v
    where b.is_known and b.moments > 0
    union all
    select
      b.visit, e.event_timestamp, true, e.event_id, e.id, e.event_type = 'page_exit', e.page_inferred,
      b.site_id, e.page_url, e.page_path,
      case when e.event_type = 'page_exit' then exit_seconds(e.event_data) end, null
    from batch_sessions b
    cross join lateral (
      select * from user_events e where e.site_id = b.site_id and e.session_id = b.session_id offset 0
    ) e
    where b.is_known and b.moments > 0 and (e.page_inferred or e.event_type = 'page_exit')
  ),
  moments as (
    select
      visit, event_timestamp as at, is_interaction, event_id, id,
      event_type = 'page_exit'                        as is_exit,
      is_interaction and url is null and path is null as is_inferred,
      null::varchar                                   as known_site,
      case when is_interaction then url else coalesce(url, json_text(event -> 'page', 'url', 8192), path, '') end as url,
      case when is_interaction then path else coalesce(path, json_text(event -> 'page', 'path', 2048), '') end    as path,
      case when event_type = 'page_exit' then exit_seconds(event_data) end                                       as spent,
      null::integer                                   as known_seconds
    from batch_events
    where not is_interaction or event_type = 'page_exit' or url is null and path is null
    union all
    select * from known
  ),
  -- A stretch is a pageview and what follows until the next one; the pageview's own number, therefore.
  lines as (
    select m.*, count(*) filter (where not is_interaction)
      over (partition by visit order by at, is_interaction, event_id, id) as stretch
    from moments m
  ),
  views as (
    select visit, stretch, at, id, known_site, url, path, known_seconds
    from lines
    where not is_interaction
  ),
  exits as (
    select
      x.visit, x.id, x.at, x.spent, v.id as view_id, v.at as view_at,
      not x.is_inferred and x.path <> v.path as is_of_another
    from lines x
    join views v using (visit, stretch)
    where x.is_exit
  ),
  path_stretches as (
    select l.visit, l.path, l.at, l.is_interaction, l.id, count(*) filter (where not l.is_interaction)
      over (partition by l.visit, l.path order by l.at, l.is_interaction, l.event_id, l.id) as stretch
    from lines l
    where (not l.is_interaction or l.is_exit and not l.is_inferred)
      and l.visit in (select x.visit from exits x where x.is_of_another)
  ),
  path_views as (
    select x.visit, x.id, v.id as view_id, v.at as view_at
    from path_stretches x
    join path_stretches v using (visit, path, stretch)
    where x.is_interaction and not v.is_interaction
  ),
  stays as (
    select
      x.visit,
      coalesce(p.view_id, x.view_id) as id,
      max(coalesce(x.spent, seconds_between(coalesce(p.view_at, x.view_at), x.at))) as seconds
    from exits x
    left join path_views p on x.is_of_another and p.visit = x.visit and p.id = x.id
    group by 1, 2
  )
  select
    v.visit, v.at, v.id, false as is_interaction, v.known_site, v.url, v.path,
    case when seconds_between(v.at, n.at) <= 1800 then seconds_between(v.at, n.at)
         else coalesce(s.seconds, seconds_between(v.at, n.at)) end as seconds,
    v.known_seconds, null as known_url, null as known_path
  from views v
  left join views n on n.visit = v.visit and n.stretch = v.stretch + 1
  left join stays s on s.visit = v.visit and s.id = v.id
  union all
  select x.visit, x.at, x.id, true, x.known_site, v.url, v.path, null, null, x.url, x.path
  from lines x
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
  set time_on_page_seconds = p.seconds
  from batch_pages p
  where p.known_site is not null and not p.is_interaction and p.seconds is distinct from p.known_seconds
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
