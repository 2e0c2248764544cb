-- store_events: one group of the collector's events and the user agents that came with them, in one round trip.
--
-- An event whose (site_id, event_id) is known is left out, so the same group may be sent again after a doubt, and a
-- statement that was held up on its way (a network that stalled, a server that stood still) does no harm when it
-- arrives after its successor. The order matters: the insert meets the unique key of what waits (and waits for an ETL
-- that is moving that very row); the look into the archive has a newer snapshot, and sees the row where it was moved
-- to. Rows are sorted by key, so that two groups with the same events cannot lock each other out. Their ids keep the order in which
-- they were sent: it decides about steps of one moment.
--
-- jsonb_to_recordset reads an event of 1.3 kB in 44 µs, json_to_recordset in 78, arrays of columns in 64. The archive
-- is asked for all ids at once: 3 µs each, 21 as a join. Without sequential scans, because a plan made while a month
-- was empty is kept while it fills; and without bitmaps, because of a month without statistics the planner would rather
-- have all block ranges of processed rows than look the ids up.
create or replace function store_events(
  events jsonb,
  agents jsonb,
  ids    uuid[] -- of the events
) returns void
language plpgsql
set enable_seqscan = off
set enable_bitmapscan = off as $$
declare
  v_archived uuid[];
begin
  -- Answered means durable, whatever the server, the database or the role is set to.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;

  insert into user_agents (user_agent, browser, browser_version, os, os_version, device_type, is_bot)
  select user_agent, browser, browser_version, os, os_version, device_type, is_bot
  from jsonb_to_recordset(agents) as agent(
    user_agent text, browser text, browser_version text, os text, os_version text, device_type text, is_bot boolean
  )
  order by user_agent
  on conflict (user_agent) do nothing;

  insert into events_log_pending (
    id, event_id, event_type, session_id, visitor_id, site_id, timestamp, url, path, user_agent, ip_address, raw_event_data, bot
  )
  select id, event_id, event_type, session_id, visitor_id, site_id, timestamp, url, path, user_agent, ip_address, raw_event_data, bot
  from (
    select nextval('events_log_id_seq') as id, event.*
    from jsonb_to_recordset(events) as event(
      event_id uuid, event_type text, session_id text, visitor_id text, site_id text, timestamp timestamptz,
      url text, path text, user_agent text, ip_address inet, raw_event_data jsonb, bot text
    )
    offset 0 -- numbered as they were sent, before they are sorted
  ) sent
  order by site_id, event_id
  on conflict (site_id, event_id) do nothing;

  select array_agg(event_id) into v_archived
  from events_log
  where event_id = any(ids) and processed_at is not null;
  if v_archived is not null then
    delete from events_log_pending pending
    using jsonb_to_recordset(events) as event(site_id text, event_id uuid)
    where event.event_id = any(v_archived)
      and pending.site_id = event.site_id
      and pending.event_id = event.event_id
      and exists (
        select from events_log archived
        where archived.event_id = event.event_id
          and archived.site_id = event.site_id
          and archived.processed_at is not null
      );
  end if;
end
$$;
