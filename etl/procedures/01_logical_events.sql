-- What a batch of the ETL reads: each event by itself, whether it came alone or among others in one row.

-- A whole number out of JSON that may hold anything: rounded, null where it is no number or out of range.
create or replace function json_integer(value jsonb) returns integer
language sql immutable parallel safe as $$
  select case
    when jsonb_typeof(value) = 'number' and abs(value::numeric) < 2147483647 then round(value::numeric)::integer
    when jsonb_typeof(value) = 'string' and value #>> '{}' ~ '^-?\d{1,9}(\.\d{1,9})?$' then round((value #>> '{}')::numeric)::integer
  end
$$;

-- Text of at most `longest` characters; null where it is missing or empty.
create or replace function json_text(value jsonb, longest integer) returns text
language sql immutable parallel safe as $$
  select nullif(left(value #>> '{}', longest), '')
$$;

-- The path of an absolute URL: from the first slash after the host to the query or the fragment.
create or replace function url_path(url text) returns text
language sql immutable parallel safe as $$
  select case when url ~ '^[a-zA-Z][a-zA-Z0-9+.-]*://' then
    left(coalesce(nullif(substring(url from '^[^:]+://[^/?#]*(/[^?#]*)'), ''), '/'), 2048)
  end
$$;

-- The host of an absolute URL, without `www.`.
create or replace function url_host(url text) returns text
language sql immutable parallel safe as $$
  select regexp_replace(lower(substring(url from '^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]+)')), '^www\.', '')
$$;

-- The events of one batch (all rows that were stamped with `batch`), a row an event.
--
-- `id` is events_log.id * 1024 + the event's place in its row (0 for an event that came alone), so a row may carry
-- 1,023 events; process_slice refuses a row with more. `reason` says why an event cannot be used; it is null for the others.
create or replace function logical_events(batch timestamptz)
returns table (
  id              bigint,
  site_id         varchar,
  session_id      varchar,
  visitor_id      varchar,
  event_id        uuid,
  event_type      text,
  event_timestamp timestamptz,
  url             text,
  path            text,
  user_agent      text,
  event           jsonb,
  reason          text
)
language sql stable as $$
  select
    l.id * 1024,
    l.site_id,
    l.session_id,
    coalesce(l.visitor_id, l.session_id),
    l.event_id,
    l.event_type,
    l.timestamp,
    l.url,
    coalesce(l.path, url_path(l.url)),
    l.user_agent,
    l.raw_event_data,
    case when l.session_id is null then 'session_id is missing' end
  from events_log l
  where l.processed_at = batch and l.event_type <> 'batch'
  union all
  select
    l.id * 1024 + e.place,
    l.site_id,
    l.session_id,
    coalesce(l.visitor_id, l.session_id),
    l.event_id,
    coalesce(e.event ->> 'eventType', e.event #>> '{event,eventType}'),
    case
      when e.event ->> 'timestamp' ~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)$'
      then (e.event ->> 'timestamp')::timestamptz
      else l.timestamp
    end,
    coalesce(json_text(e.event -> 'url', 8192), l.url),
    coalesce(
      json_text(e.event -> 'path', 2048),
      url_path(e.event ->> 'url'),
      case when e.event ->> 'url' is null then coalesce(l.path, url_path(l.url)) end
    ),
    l.user_agent,
    case when e.event ? 'rejected' and not e.event ? 'eventType' then e.event -> 'event' else e.event end,
    case
      when l.session_id is null then 'session_id is missing'
      when jsonb_typeof(e.event) <> 'object' then 'the event is no object'
      -- The collector leaves {rejected, event} in the place of an event that was not valid.
      when jsonb_typeof(e.event -> 'eventType') is distinct from 'string' then coalesce(e.event ->> 'rejected', 'eventType is missing')
      when length(e.event ->> 'eventType') not between 1 and 50 then 'eventType is not of 1 to 50 characters'
      when e.event ->> 'eventType' = 'batch' then 'a batch cannot hold a batch'
    end
  from events_log l
  cross join lateral jsonb_array_elements(l.raw_event_data -> 'events') with ordinality as e(event, place)
  where l.processed_at = batch and l.event_type = 'batch'
$$;
