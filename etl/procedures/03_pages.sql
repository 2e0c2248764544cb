-- What a pageview or an event takes from its neighbours in the session: its page, its time.
--
-- All of it by windows over the whole line of a session: freshly written rows have no statistics, and with a join
-- or a lateral look-up in its place the planner once chose to read a million rows for each of a thousand.

-- Gives each event that was sent without a url the page of its session's latest pageview at that moment. Events of a
-- batch get theirs when they are inserted; this corrects what was inferred before a pageview came late.
create or replace function infer_pages(sites text[], sessions text[]) returns void
language plpgsql as $$
begin
  with moments as (
    select v.site_id, v.session_id, v.view_timestamp as at, 0 as kind, v.event_id, v.id, v.url, v.path, null as known_url
    from unnest(sites, sessions) as touched(site_id, session_id)
    join pageviews v using (site_id, session_id)
    union all
    select e.site_id, e.session_id, e.event_timestamp, 1, e.event_id, e.id, null, null, e.page_url
    from unnest(sites, sessions) as touched(site_id, session_id)
    join user_events e using (site_id, session_id)
    where e.page_inferred
  ),
  -- A stretch is a pageview and what follows until the next one.
  stretches as (
    select m.*, count(*) filter (where m.kind = 0)
      over (partition by m.site_id, m.session_id order by m.at, m.kind, m.event_id, m.id % 1024) as stretch
    from moments m
  ),
  pages as (
    select s.id, s.site_id, s.at, s.kind, s.known_url, first_value(s.url) over stretch as url, first_value(s.path) over stretch as path
    from stretches s
    window stretch as (partition by s.site_id, s.session_id, s.stretch order by s.at, s.kind, s.event_id, s.id % 1024)
  )
  update user_events e
  set page_url = p.url, page_path = p.path
  from pages p
  where p.kind = 1 and p.known_url is distinct from p.url
    and e.site_id = p.site_id and e.event_timestamp = p.at and e.id = p.id;

  update form_submissions f
  set page_url = e.page_url, page_path = e.page_path
  from unnest(sites, sessions) as touched(site_id, session_id)
  join user_events e using (site_id, session_id)
  where e.page_inferred and e.event_type = 'form_submit'
    and f.id = e.id and f.site_id = e.site_id and f.page_url is distinct from e.page_url;
end
$$;

-- infer_pages for the sessions in which a pageview of the batch came after events that it precedes. Run before the batch's
-- own events are added: those find the pageview.
create or replace function correct_inferred_pages() returns void
language plpgsql as $$
declare
  v_sites    text[];
  v_sessions text[];
begin
  select array_agg(site_id), array_agg(session_id) into v_sites, v_sessions
  from (
    select distinct e.site_id, e.session_id
    from batch_sessions b
    join user_events e using (site_id, session_id)
    where e.page_inferred and e.event_timestamp >= b.first_view_at
  ) late;
  if v_sites is not null then
    perform infer_pages(v_sites, v_sessions);
  end if;
end
$$;

-- Time on page, for every pageview of the sessions that have a pageview or a page_exit in the batch: until the next
-- pageview, where it follows within the 30 minutes after which a session counts as idle; else until the page was left
-- (the longest page_exit of that page); else until the next pageview however far, or unknown.
--
-- A page_exit belongs to the latest view of its own path, since another tab may have opened a page in between; where
-- its path was not viewed, to the latest view of all.
create or replace function time_pages() returns void
language plpgsql as $$
begin
  with moments as (
    select b.visit, v.site_id, v.session_id, v.view_timestamp as at, 0 as kind, v.event_id, v.id, v.path, null::integer as spent
    from batch_sessions b
    join pageviews v using (site_id, session_id)
    where b.views > 0 or b.has_exits
    union all
    select b.visit, e.site_id, e.session_id, e.event_timestamp, 1, e.event_id, e.id, e.page_path,
      round(json_integer(e.event_data -> 'timeSpent') / 1000.0)::integer
    from batch_sessions b
    join user_events e using (site_id, session_id)
    where (b.views > 0 or b.has_exits) and e.event_type = 'page_exit'
  ),
  -- A stretch is a view and the exits until the next one: of any page, and of the same path.
  stretches as (
    select m.*,
      count(*) filter (where m.kind = 0) over (
        partition by m.visit, m.site_id, m.session_id order by m.at, m.kind, m.event_id, m.id % 1024) as stretch,
      count(*) filter (where m.kind = 0) over (
        partition by m.visit, m.site_id, m.session_id, m.path order by m.at, m.kind, m.event_id, m.id % 1024) as path_stretch,
      lead(m.at) over (
        partition by m.visit, m.site_id, m.session_id, m.kind order by m.at, m.event_id, m.id % 1024) as next_at
    from moments m
  ),
  owners as (
    select s.*,
      first_value(s.id) over any_page as view_id, first_value(s.at) over any_page as view_at,
      first_value(s.id) over same_path as path_view_id, first_value(s.at) over same_path as path_view_at
    from stretches s
    window
      any_page  as (partition by s.visit, s.site_id, s.session_id, s.stretch order by s.at, s.kind, s.event_id, s.id % 1024),
      same_path as (partition by s.visit, s.site_id, s.session_id, s.path, s.path_stretch order by s.at, s.kind, s.event_id, s.id % 1024)
  ),
  times as (
    select site_id, at, id, max(until_next) as until_next, max(until_exit) as until_exit
    from (
      select site_id, at, id, seconds_between(at, next_at) as until_next, null::integer as until_exit
      from owners where kind = 0
      union all
      select site_id,
        case when path_stretch > 0 then path_view_at else view_at end,
        case when path_stretch > 0 then path_view_id else view_id end,
        null,
        coalesce(spent, seconds_between(case when path_stretch > 0 then path_view_at else view_at end, at))
      from owners where kind = 1 and stretch > 0
    ) views_and_exits
    group by site_id, at, id
  )
  update pageviews v
  set time_on_page_seconds = t.seconds
  from (
    select site_id, at, id,
      case when until_next <= 1800 then until_next else coalesce(until_exit, until_next) end as seconds
    from times
  ) t
  where v.site_id = t.site_id and v.view_timestamp = t.at and v.id = t.id
    and v.time_on_page_seconds is distinct from t.seconds;
end
$$;
