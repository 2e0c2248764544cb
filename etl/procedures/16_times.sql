-- How long sessions last, and for how long they were used.
--
-- Reads:  the temporary tables batch_sessions, batch_lines, batch_exits and batch_pages (15_process_events.sql).
-- Writes: the temporary table batch_times; recompute_sessions also pageviews and user_sessions.

-- Works out the duration and the engaged time of each session of the batch, in the temporary table batch_times.
--
-- Duration: the sum of the gaps of at most 30 minutes between consecutive events. Page_exits after the last other event close the
-- session: one that reports its engaged time prolongs it by as much of that as lies beyond the time since its view, and never past the
-- exit itself; the longest counts. `idle` is the sum of all longer gaps, so that a session that goes on need not be read again.
create or replace function read_times() returns void
language plpgsql
set enable_nestloop = off
as $$
begin
  create temporary table batch_times as
  with pauses as (
    select visit, at, pause
    from (
      select visit, at, at - lag(at) over (partition by visit order by at) as pause
      from batch_lines
      where visit in (select visit from batch_sessions where ends_at - starts_at > idle_after())
    ) gaps
    where pause > idle_after()
    union all
    select visit, first_event_at, first_event_at - known_until
    from batch_sessions
    where is_known and not is_read and first_event_at - known_until > idle_after()
  ),
  known as (
    select visit, max(at) filter (where not is_exit) as last_other_at
    from batch_lines
    where known_site is not null
    group by visit
  ),
  sessions as (
    select
      b.visit, b.starts_at, b.known_engaged, b.is_known and not b.is_read as goes_on,
      case when b.is_known and not b.is_read then coalesce(b.known_idle, interval '0') else interval '0' end as known_idle,
      coalesce(greatest(b.last_other_at, k.last_other_at), b.starts_at) as closes_at
    from batch_sessions b
    left join known k using (visit)
  ),
  idle_times as (
    select s.visit, sum(p.pause) as all_of_it, sum(p.pause) filter (where p.at <= s.closes_at) as before
    from pauses p
    join sessions s using (visit)
    group by s.visit
  ),
  exits as (
    select row_number() over () as number, e.visit, e.at, e.engaged, coalesce(e.view_at, s.starts_at) as since, s.closes_at
    from batch_exits e
    join sessions s using (visit)
    where e.at > s.closes_at
  ),
  -- The sum of the pauses up to each exit, or up to its view.
  idle_until as (
    select number, coalesce(sum(pause) over (partition by visit order by at), interval '0') as idle
    from (
      select visit, at, pause, null::bigint as number from pauses
      union all
      select visit, case when engaged is null then at else since end, null, number from exits
    ) moments
  ),
  closings as (
    select x.visit, max(case
      when x.engaged is null then x.at - x.closes_at - (u.idle - coalesce(i.before, interval '0'))
      else least(x.at - x.closes_at, x.engaged - (x.closes_at - x.since) + greatest(coalesce(i.before, interval '0') - u.idle, interval '0'))
    end) as beyond
    from exits x
    join idle_until u using (number)
    left join idle_times i on i.visit = x.visit
    group by x.visit
  ),
  engagements as (
    select visit, least(sum(engaged), 2147483647)::integer as seconds from batch_pages where engaged is not null and not is_interaction group by visit
  )
  select
    s.visit, s.known_idle + coalesce(i.all_of_it, interval '0') as idle,
    case when s.goes_on then s.known_engaged else e.seconds end as engaged_seconds,
    round(extract(epoch from
      s.closes_at - s.starts_at - s.known_idle - coalesce(i.before, interval '0') + greatest(c.beyond, interval '0')
    ))::integer as duration_seconds
  from sessions s
  left join idle_times i using (visit)
  left join closings c using (visit)
  left join engagements e using (visit);
end
$$;

-- Computes again, from the facts, the times of sessions and of their pageviews, and whether they are bounces, as far as that differs. Sessions of which facts are missing
-- stay as they are. The caller holds the locks of their rows of user_sessions. A pageview that a batch is correcting is skipped: the batch
-- has its times, and waits for the session.
create or replace function recompute_sessions(sites text[], sessions text[]) returns void
language plpgsql
set jit = off
set enable_mergejoin = off
set work_mem = '64MB'
as $$
begin
  perform make_batch_events();
  create temporary table batch_sessions as
  select
    row_number() over () as visit, u.site_id, u.session_id, true as is_known, true as is_read, u.session_start as starts_at,
    coalesce(u.last_event_at, u.session_start) as ends_at, null::timestamptz as first_event_at, null::timestamptz as last_other_at,
    null::timestamptz as known_until, null::interval as known_idle, null::integer as known_engaged,
    u.pageview_count + u.event_count as steps, u.pageview_count = 1 and not has_own_events(u.site_id, u.session_id) as bounce
  from unnest(sites, sessions) as asked(site_id, session_id)
  cross join lateral (
    select * from user_sessions u where u.site_id = asked.site_id and u.session_id = asked.session_id offset 0
  ) u;
  perform read_lines();
  delete from batch_sessions b
  where not exists (
    select from (select visit, count(*) as lines from batch_lines group by visit) l where l.visit = b.visit and l.lines = b.steps
  );
  delete from batch_lines where visit not in (select visit from batch_sessions);
  perform read_exits();
  perform read_pages();
  perform read_times();
  update pageviews v
  set time_on_page_seconds = p.seconds, engaged_seconds = p.engaged
  from batch_pages p
  cross join lateral (
    select v.ctid
    from pageviews v
    where v.site_id = p.known_site and v.view_timestamp = p.at and v.id = p.id
    for no key update skip locked
  ) own
  where not p.is_interaction and (p.seconds, p.engaged) is distinct from (p.known_seconds, p.known_engaged) and v.ctid = own.ctid;
  update user_sessions u
  set duration_seconds = t.duration_seconds, engaged_seconds = t.engaged_seconds, idle = t.idle, bounce = b.bounce
  from batch_sessions b
  join batch_times t using (visit)
  where u.site_id = b.site_id and u.session_id = b.session_id
    and (u.duration_seconds, u.engaged_seconds, u.idle, u.bounce) is distinct from (t.duration_seconds, t.engaged_seconds, t.idle, b.bounce);
  drop table batch_events, batch_sessions, batch_lines, batch_exits, batch_pages, batch_times;
end
$$;
