-- retry_failed_events: gives the events that were set aside back to the ETL, which tries them again.
--
-- A raw event of which nothing could be used waits again as it is. Of a batch of which some events were used, the others
-- wait as a batch of their own, with the same event_id. What still cannot be used is set aside again. An event whose raw
-- event is past its retention stays in failed_events.
create or replace function retry_failed_events(site text default null)
returns table (retried bigint, kept bigint)
language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
  create temporary table retried_events as
  select f.id, f.site_id, l.id as raw_id, f.id % 1024 as place
  from failed_events f
  join events_log l on l.site_id = f.site_id and l.id = f.id / 1024
  where (site is null or f.site_id = site)
    and l.processed_at is not null
    -- The same event that has come again, say: one key waits once.
    and not exists (select from events_log_pending p where p.site_id = l.site_id and p.event_id = l.event_id);

  insert into events_log_pending (
    event_id, event_type, session_id, visitor_id, site_id, timestamp, url, path, user_agent, ip_address, raw_event_data, bot, created_at
  )
  select l.event_id, l.event_type, l.session_id, l.visitor_id, l.site_id, l.timestamp, l.url, l.path, l.user_agent, l.ip_address,
    l.raw_event_data || jsonb_build_object('events', (
      select jsonb_agg(l.raw_event_data -> 'events' -> (r.place::integer - 1) order by r.place)
      from retried_events r where r.site_id = l.site_id and r.raw_id = l.id
    )),
    l.bot, l.created_at
  from events_log l
  where (l.site_id, l.id) in (select r.site_id, r.raw_id from retried_events r where r.place > 0);

  update events_log l set processed_at = null
  from retried_events r
  where r.place = 0 and l.site_id = r.site_id and l.id = r.raw_id;

  delete from failed_events f using retried_events r where f.site_id = r.site_id and f.id = r.id;
  get diagnostics retried = row_count;
  select count(*) into kept from failed_events f where site is null or f.site_id = site;
  drop table retried_events;
  return next;
end
$$;
