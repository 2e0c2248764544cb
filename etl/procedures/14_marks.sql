-- The days whose figures a batch changes, and their hours: they are marked in stale_days, and answered from session rows until they are
-- rolled up.
--
-- Reads:  the temporary tables batch_events, batch_sessions and batch_pages (15_process_events.sql), user_sessions, pageviews, sites.
-- Writes: the temporary table batch_moments, then stale_days.
--
-- Moments are noted by quarters of an hour, which lie on one day and in one hour of it: since 1972 all zones are whole quarters apart.

create or replace function quarter_of(moment timestamptz) returns timestamptz
language sql immutable parallel safe as $$
  select date_bin('15 minutes', moment, 'epoch')
$$;

-- Notes when the sessions of the batch start, as user_sessions has it, in the temporary table batch_moments.
create or replace function note_session_starts() returns void
language plpgsql as $$
begin
  insert into batch_moments (site_id, at)
  select distinct b.site_id, quarter_of(s.session_start)
  from batch_sessions b
  cross join lateral (
    select u.session_start from user_sessions u where u.site_id = b.site_id and u.session_id = b.session_id offset 0
  ) s
  where b.is_known;
end
$$;

-- Notes when the events of the batch happened. A session's first and last event tell the hours, but where a whole one may lie
-- between the two.
create or replace function note_events() returns void
language plpgsql as $$
begin
  insert into batch_moments (site_id, at)
  select site_id, quarter_of(first_event_at) from batch_sessions
  union
  select site_id, quarter_of(last_event_at) from batch_sessions
  union
  select e.site_id, quarter_of(e.event_timestamp)
  from batch_sessions b
  join batch_events e using (visit)
  where b.last_event_at - b.first_event_at > interval '1 hour';
end
$$;

-- Notes pageviews and events of earlier batches that correct_pages has corrected: they may lie between the session's start and the
-- batch.
create or replace function note_corrected_pages() returns void
language plpgsql as $$
begin
  insert into batch_moments (site_id, at)
  select distinct p.known_site, quarter_of(p.at)
  from batch_pages p
  where p.known_site is not null
    and (p.is_interaction and (p.url, p.path) is distinct from (p.known_url, p.known_path)
      or not p.is_interaction and (p.seconds, p.engaged) is distinct from (p.known_seconds, p.known_engaged));
end
$$;

-- Notes earlier pageviews of which the batch says how far they were scrolled: a session may have passed midnight since.
create or replace function note_scrolled_pages() returns void
language plpgsql as $$
begin
  insert into batch_moments (site_id, at)
  select distinct e.site_id, quarter_of(v.at)
  from batch_sessions b
  join batch_events e using (visit)
  cross join lateral (
    select max(p.view_timestamp) as at
    from pageviews p
    where p.site_id = b.site_id and p.session_id = b.session_id and p.view_timestamp <= e.event_timestamp and p.path = e.path
    offset 0
  ) v
  where b.is_known and e.event_type in ('scroll_depth', 'page_exit') and scroll_milestone(e.event_data) > 0 and v.at is not null;
end
$$;

-- Marks the days of the noted moments, with the hour where the day may not be over: of the others no hour is rolled up. Marks are
-- appended: no other batch, and no roll-up, waits for them.
create or replace function mark_batch_days(batch timestamptz) returns void
language plpgsql as $$
begin
  insert into stale_days (site_id, metric_date, hour, marked_at)
  select distinct site_id, day, case when at > batch - interval '2 days' - closing_delay() then date_bin('1 hour', at, midnight) end, batch
  from (
    select m.site_id, m.at, coalesce(s.timezone, 'UTC') as zone, (m.at at time zone coalesce(s.timezone, 'UTC'))::date as date
    from (select distinct site_id, at from batch_moments) m
    left join sites s on s.site_id = m.site_id
  ) moments
  -- Where clocks go back at midnight, the hour before it has the new date already (day_bounds).
  cross join lateral (select case when at < date::timestamp at time zone zone then date - 1 else date end as day) d
  cross join lateral (select day::timestamp at time zone zone as midnight) m;
end
$$;
