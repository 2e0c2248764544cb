-- process_events_batch: makes rows of the oldest `batch_size` raw events.
--
-- One pass over a set, in one transaction: the rows are stamped (which moves them into their month), then each
-- table takes its part of them, then the sessions touched are brought up to date and their days marked stale.
-- Callers wait for each other, so a batch is nobody else's. An event that cannot be used goes to failed_events
-- with its reason and holds nobody up.

-- Makes rows of the pending events with ids in [first_id, last_id]. Answers how many raw events these were.
-- @raises a data error when one of the rows cannot be processed at all; nothing is changed then
create or replace function process_slice(first_id bigint, last_id bigint) returns integer
language plpgsql as $$
declare
  v_now      timestamptz := clock_timestamp();
  v_rows     integer;
  v_sites    text[];
  v_sessions text[];
begin
  -- The stamp is the batch's name, so it must be new, even where the clock stood still or went back.
  while exists (select from events_log where processed_at = v_now) loop
    v_now := v_now + interval '1 microsecond';
  end loop;
  perform add_events_log_months(v_now, v_now);

  update events_log set processed_at = v_now
  where processed_at is null and id between first_id and last_id;
  get diagnostics v_rows = row_count;

  if exists (
    select from events_log
    where processed_at = v_now and event_type = 'batch'
      and case when jsonb_typeof(raw_event_data -> 'events') = 'array'
          then jsonb_array_length(raw_event_data -> 'events') > 1023 else true end
  ) then
    raise exception 'the events of a batch are no array of at most 1,023' using errcode = 'program_limit_exceeded';
  end if;

  insert into failed_events (id, site_id, event_id, event_type, reason, event, failed_at)
  select id, site_id, event_id, left(event_type, 200), reason, event, v_now
  from logical_events(v_now)
  where reason is not null;

  insert into pageviews (
    id, session_id, visitor_id, site_id, url, path, title, query_params, hash_fragment,
    view_timestamp, referrer, internal_referrer,
    utm_source, utm_medium, utm_campaign, utm_content, utm_term, event_id
  )
  select
    id, session_id, visitor_id, site_id,
    coalesce(url, json_text(event #> '{page,url}', 8192), path, ''),
    coalesce(path, json_text(event #> '{page,path}', 2048), ''),
    json_text(event #> '{page,title}', 2048),
    json_text(event #> '{page,queryParams}', 8192),
    json_text(event #> '{page,hash}', 2048),
    event_timestamp,
    event_referrer(event),
    coalesce(event #>> '{attribution,referrerType}' = 'internal', false)
      or coalesce(url_host(event_referrer(event)) = url_host(url), false),
    json_text(event #> '{attribution,utmParams,utm_source}', 255),
    json_text(event #> '{attribution,utmParams,utm_medium}', 255),
    json_text(event #> '{attribution,utmParams,utm_campaign}', 255),
    json_text(event #> '{attribution,utmParams,utm_content}', 255),
    json_text(event #> '{attribution,utmParams,utm_term}', 255),
    event_id
  from logical_events(v_now)
  where reason is null and event_type = 'pageview';

  insert into user_events (
    id, session_id, visitor_id, site_id, event_type, event_timestamp, page_url, page_path, page_inferred, event_data,
    element_tag, element_classes, element_id, scroll_percentage, form_id, event_id
  )
  select
    id, session_id, visitor_id, site_id, event_type, event_timestamp, url, path, url is null and path is null,
    event -> 'eventData',
    json_text(event #> '{eventData,tagName}', 100),
    json_text(event #> '{eventData,classes}', 8192),
    json_text(event #> '{eventData,id}', 255),
    coalesce(json_integer(event #> '{eventData,scrollPercentage}'), json_integer(event #> '{eventData,milestone}')),
    json_text(event #> '{eventData,formId}', 255),
    event_id
  from logical_events(v_now)
  where reason is null and event_type <> 'pageview';

  insert into form_submissions (
    id, session_id, visitor_id, site_id, form_id, form_action, form_method, page_url, page_path,
    submit_timestamp, field_count, form_data, event_id
  )
  select
    id, session_id, visitor_id, site_id,
    json_text(event #> '{eventData,formId}', 255),
    json_text(event #> '{eventData,formAction}', 8192),
    json_text(event #> '{eventData,formMethod}', 10),
    url, path, event_timestamp,
    case when jsonb_typeof(event #> '{eventData,formData}') = 'object'
      then (select count(*) from jsonb_object_keys(event #> '{eventData,formData}')) else 0 end,
    event #> '{eventData,formData}',
    event_id
  from logical_events(v_now)
  where reason is null and event_type = 'form_submit';

  select array_agg(site_id), array_agg(session_id) into v_sites, v_sessions
  from (select distinct site_id, session_id from events_log where processed_at = v_now and session_id is not null) touched;

  if v_sites is not null then
    -- Before and after: an earlier start moves a session out of one day and into another.
    perform mark_stale_days(v_sites, v_sessions, v_now);
    perform add_to_sessions(v_now);
    perform mark_stale_days(v_sites, v_sessions, v_now);
    perform mark_stale_event_days(v_now);
    perform infer_pages(v_sites, v_sessions);
    perform time_pages(v_sites, v_sessions);
  end if;
  return v_rows;
end
$$;

-- process_slice for rows of which some may be unusable: halves the range until the bad row stands alone, and sets
-- that one aside.
create or replace function process_range(first_id bigint, last_id bigint) returns integer
language plpgsql as $$
declare
  v_middle bigint := first_id + (last_id - first_id) / 2;
  v_reason text;
begin
  begin
    return process_slice(first_id, last_id);
  exception when data_exception or integrity_constraint_violation or program_limit_exceeded
                 or cardinality_violation or invalid_parameter_value then
    v_reason := sqlerrm;
  end;
  if first_id < last_id then
    return process_range(first_id, v_middle) + process_range(v_middle + 1, last_id);
  end if;
  perform add_events_log_months(clock_timestamp(), clock_timestamp());
  insert into failed_events (id, site_id, event_id, event_type, reason, event, failed_at)
  select id * 1024, site_id, event_id, event_type, v_reason, raw_event_data, clock_timestamp()
  from events_log where processed_at is null and id = first_id
  on conflict do nothing;
  update events_log set processed_at = clock_timestamp() where processed_at is null and id = first_id;
  return 1;
end
$$;

-- Answers how many raw events were processed; 0 when nothing is pending.
create or replace function process_events(batch_size integer default 1000) returns integer
language plpgsql
set jit = off
set plan_cache_mode = force_custom_plan
set work_mem = '64MB'
as $$
declare
  v_first bigint;
  v_last  bigint;
begin
  if batch_size is null or batch_size < 1 then
    raise exception 'batch_size is %, but must be 1 or more', coalesce(batch_size::text, 'null')
      using errcode = 'invalid_parameter_value';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
  select min(id), max(id) into v_first, v_last
  from (select id from events_log_pending order by id limit batch_size) oldest;
  if v_first is null then
    return 0;
  end if;
  return process_range(v_first, v_last);
end
$$;

create or replace procedure process_events_batch(batch_size integer default 1000)
language plpgsql as $$
begin
  perform process_events(batch_size);
end
$$;
