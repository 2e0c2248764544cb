-- The days whose figures a batch changes: they are marked in stale_days, and answered from session rows until they are rolled up.
--
-- Reads:  the temporary tables batch_events, batch_sessions and batch_pages (15_process_events.sql), user_sessions, pageviews, sites.
-- Writes: the temporary table batch_days, then stale_days.

-- Notes the days on which the sessions of the batch start, as user_sessions has it, in the temporary table batch_days.
create or replace function note_session_days() returns void
language plpgsql as $$
begin
  insert into batch_days (site_id, metric_date)
  select distinct b.site_id, (s.session_start at time zone coalesce(site.timezone, 'UTC'))::date
  from batch_sessions b
  cross join lateral (
    select u.session_start from user_sessions u where u.site_id = b.site_id and u.session_id = b.session_id offset 0
  ) s
  left join sites site on site.site_id = b.site_id
  where b.is_known;
end
$$;

-- Notes the days on which the events of the batch happened. A session's first and last event tell them, but where a whole day
-- may lie between the two.
create or replace function note_event_days() returns void
language plpgsql as $$
begin
  insert into batch_days (site_id, metric_date)
  select distinct e.site_id, (e.at at time zone coalesce(site.timezone, 'UTC'))::date
  from (
    -- Since 1972 all zones are whole quarters of an hour apart: so many times have to be converted, not one an event.
    select site_id, date_bin('15 minutes', first_event_at, 'epoch') as at from batch_sessions
    union
    select site_id, date_bin('15 minutes', last_event_at, 'epoch') from batch_sessions
    union
    select e.site_id, date_bin('15 minutes', e.event_timestamp, 'epoch')
    from batch_sessions b
    join batch_events e using (visit)
    where b.last_event_at - b.first_event_at > interval '20 hours'
  ) e
  left join sites site on site.site_id = e.site_id;
end
$$;

-- Notes the days of pageviews and events of earlier batches that correct_pages has corrected: they may lie between the session's
-- first day and those of the batch.
create or replace function note_corrected_days() returns void
language plpgsql as $$
begin
  insert into batch_days (site_id, metric_date)
  select distinct p.known_site, (p.at at time zone coalesce(site.timezone, 'UTC'))::date
  from batch_pages p
  left join sites site on site.site_id = p.known_site
  where p.known_site is not null
    and (p.is_interaction and (p.url, p.path) is distinct from (p.known_url, p.known_path)
      or not p.is_interaction and p.seconds is distinct from p.known_seconds);
end
$$;

-- Notes the days of earlier pageviews of which the batch says how far they were scrolled: a session may have passed midnight since.
create or replace function note_scrolled_days() returns void
language plpgsql as $$
begin
  insert into batch_days (site_id, metric_date)
  select distinct e.site_id, (v.at at time zone coalesce(site.timezone, 'UTC'))::date
  from batch_sessions b
  join batch_events e using (visit)
  left join sites site on site.site_id = b.site_id
  cross join lateral (
    select max(p.view_timestamp) as at
    from pageviews p
    where p.site_id = b.site_id and p.session_id = b.session_id and p.view_timestamp <= e.event_timestamp and p.path = e.path
    offset 0
  ) v
  where b.is_known and e.event_type = 'scroll_depth' and v.at is not null;
end
$$;

-- Marks the noted days. Marks are appended: no other batch, and no roll-up, waits for them.
create or replace function mark_batch_days(batch timestamptz) returns void
language plpgsql as $$
begin
  insert into stale_days (site_id, metric_date, marked_at) select distinct site_id, metric_date, batch from batch_days;
end
$$;
