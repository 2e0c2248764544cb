-- What a batch of the ETL reads: each event by itself, whether it came alone or among others in one row.

-- A whole number out of JSON that may hold anything: rounded, null where it is no number or out of range.
create or replace function json_integer(value jsonb) returns integer
language sql immutable parallel safe as $$
  select case
    when jsonb_typeof(value) = 'number' and abs(value::numeric) < 2147483647 then value::integer
    when jsonb_typeof(value) = 'string' and value #>> '{}' ~ '^-?\d{1,9}(\.\d{1,9})?$' then round((value #>> '{}')::numeric)::integer
  end
$$;

-- The text under a key, of at most `longest` characters; null where it is missing or empty.
create or replace function json_text(object jsonb, key text, longest integer) returns text
language sql immutable parallel safe as $$
  select nullif(left(object ->> key, longest), '')
$$;

-- The path of an absolute URL: from the first slash after the host to the query or the fragment.
create or replace function url_path(url text) returns text
language sql immutable parallel safe as $$
  select case when url ~ '^[a-zA-Z][a-zA-Z0-9+.-]*://' then
    left(coalesce(nullif(substring(url from '^[^:]+://[^/?#]*(/[^?#]*)'), ''), '/'), 2048)
  end
$$;

-- The host of an absolute URL, without `www.`. Nearly all are written plainly; the pattern with a group costs eight times as much.
create or replace function url_host(url text) returns text
language sql immutable parallel safe as $$
  select case
    when starts_with(url, 'http') and split_part(url, '/', 1) in ('http:', 'https:') and split_part(url, '/', 2) = ''
      and split_part(url, '/', 3) ~ '^[a-z0-9.-]*[a-z0-9]$'
    then case when starts_with(split_part(url, '/', 3), 'www.') then substr(split_part(url, '/', 3), 5) else split_part(url, '/', 3) end
    else regexp_replace(lower(substring(url from '^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#]*@)?(\[[^]/?#]*\]|[^/?#:]+)') collate "C"), '^www\.|\.$', '', 'g')
  end
$$;

-- Whether the tracker sends events of this type by itself, on any site. They do not end a bounce, and the dashboard lists them last.
create or replace function is_automatic_event(event_type text) returns boolean
language sql immutable parallel safe as $$
  select event_type in (
    'click', 'error', 'form_abandon', 'form_start', 'page_exit', 'page_visibility', 'scroll', 'scroll_depth', 'text_copy', 'web_vitals'
  )
$$;

-- The events of a batch. @raises program_limit_exceeded where they are no array of at most 1,023: ids would meet
create or replace function events_of_batch(event jsonb) returns jsonb
language plpgsql immutable parallel safe as $$
declare
  v_events jsonb := event -> 'events';
begin
  if jsonb_typeof(v_events) = 'array' and jsonb_array_length(v_events) <= 1023 then
    return v_events;
  end if;
  raise exception 'the events of a batch are no array of at most 1,023' using errcode = 'program_limit_exceeded';
end
$$;

-- A number for a session: nearly always one of its own (read_sessions sees to the others).
create or replace function visit_number(site_id text, session_id text) returns bigint
language sql immutable parallel safe as $$
  select hashtextextended(session_id, hashtext(site_id))
$$;

-- Whether an interaction says something that its session may need, should it be the entry.
create or replace function says_of_session(event jsonb) returns boolean
language sql immutable parallel safe as $$
  select event ? 'browser' or event ? 'attribution' or event ? 'page'
$$;

-- Makes the temporary table batch_events, empty: a row an event.
create or replace function make_batch_events() returns void
language plpgsql as $$
begin
  create temporary table batch_events (
    -- What most steps look at comes first: they read no further.
    visit           bigint,
    id              bigint,
    event_timestamp timestamptz,
    is_interaction  boolean,
    event_id        uuid,
    event_type      text,
    reason          text,
    bot             text,
    url             text,
    path            text,
    site_id         varchar(100),
    session_id      varchar(100),
    visitor_id      varchar(100),
    user_agent      text,
    event_data      jsonb, -- of an interaction
    event           jsonb
  ) with (toast_tuple_target = 8160); -- it lives for moments: nothing is worth compressing
end
$$;

-- Stamps the pending rows of a slice with `batch`, which moves them into their month, and takes them apart on the way: a row
-- an event in the temporary table batch_events. It is read by every later step; process_slice drops it. Answers how many
-- raw rows these were.
--
-- `id` is events_log.id * 1024 + the event's place in its row (0 for an event that came alone), so a row may carry
-- 1,023 events. `reason` says why an event cannot be used; it is null for the others.
-- `visit` stands for the session in all that follows: sorts and joins compare a number in the place of two long texts.
-- Of an interaction's JSON mostly nothing but its data is kept: `event` is null where it says nothing of page, browser and
-- attribution.
create or replace function read_batch(
  batch    timestamptz,
  first_id bigint,
  last_id  bigint,
  lanes    integer[],
  trusting boolean -- times that look like the collector's are: a cast fails where one is not
) returns integer
language plpgsql as $$
declare
  v_rows integer;
begin
  perform make_batch_events();
  -- One statement, one snapshot: what is read is what is moved, whatever commits meanwhile.
  with moved as (
    update events_log set processed_at = batch
    where processed_at is null and id between first_id and last_id
      and (lanes is null or session_lane(session_id) = any (lanes))
    returning 1
  ),
  added as (
    insert into batch_events
    select
      visit_number(l.site_id, l.session_id), l.id * 1024, l.timestamp, l.event_type <> 'pageview', l.event_id, l.event_type,
      case when l.session_id is null then 'session_id is missing' end, l.bot,
      l.url, coalesce(l.path, url_path(l.url)),
      l.site_id, l.session_id, coalesce(l.visitor_id, l.session_id), l.user_agent,
      l.raw_event_data -> 'eventData',
      case when l.event_type = 'pageview' or l.session_id is null or says_of_session(l.raw_event_data) then l.raw_event_data end
    from events_log_pending l
    where l.id between first_id and last_id and (lanes is null or session_lane(l.session_id) = any (lanes))
      and l.event_type <> 'batch'
    union all
    select
      l.visit, l.id + l.place,
      case
        -- As the collector writes it; the pattern, which is slow, is for rows that came another way.
        when l.time like '____-__-__T__:__:__.___Z'
            and (trusting or translate(l.time, '123456789', '000000000') = '0000-00-00T00:00:00.000Z')
          or l.time ~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)$'
        then l.time::timestamptz
        else l.timestamp
      end,
      l.event_type is distinct from 'pageview', l.event_id, coalesce(l.event_type, l.event #>> '{event,eventType}'), l.reason, l.bot,
      coalesce(nullif(left(l.own_url, 8192), ''), l.url),
      coalesce(nullif(left(l.own_path, 2048), ''), url_path(l.own_url), case when l.own_url is null then l.path end),
      l.site_id, l.session_id, l.visitor_id, l.user_agent,
      l.event -> 'eventData',
      case
        when l.reason is null and l.event_type <> 'pageview' and not says_of_session(l.event) then null
        when l.event ? 'rejected' and not l.event ? 'eventType' then l.event -> 'event'
        else l.event
      end
    from (
      select
        each.*, each.event ->> 'eventType' as event_type, each.event ->> 'timestamp' as time, each.event ->> 'url' as own_url,
        each.event ->> 'path' as own_path,
        case
          when each.session_id is null then 'session_id is missing'
          when jsonb_typeof(each.event) <> 'object' then 'the event is no object'
          -- The collector leaves {rejected, event} in the place of an event that was not valid.
          when jsonb_typeof(each.event -> 'eventType') is distinct from 'string' then coalesce(each.event ->> 'rejected', 'eventType is missing')
          when length(each.event ->> 'eventType') not between 1 and 50 then 'eventType is not of 1 to 50 characters'
          when each.event ->> 'eventType' = 'batch' then 'a batch cannot hold a batch'
        end as reason
      from (
        -- In the select list the events need no table of their own for each row.
        select
          raw.visit, raw.id, raw.timestamp, raw.event_id, raw.url, raw.path, raw.site_id, raw.session_id, raw.visitor_id, raw.user_agent, raw.bot,
          jsonb_array_elements(raw.events) as event, generate_series(1, jsonb_array_length(raw.events)) as place
        from (
          select
            visit_number(l.site_id, l.session_id) as visit, l.id * 1024 as id, l.timestamp, l.event_id, l.url,
            coalesce(l.path, url_path(l.url)) as path, l.site_id, l.session_id, coalesce(l.visitor_id, l.session_id) as visitor_id,
            l.user_agent, l.bot, events_of_batch(l.raw_event_data) as events
          from events_log_pending l
          where l.id between first_id and last_id and (lanes is null or session_lane(l.session_id) = any (lanes))
            and l.event_type = 'batch'
          offset 0
        ) raw
      ) each
      offset 0 -- looked up once, not wherever it is used
    ) l
  )
  select count(*) into v_rows from moved;
  -- Afterwards, since few paths are not plain: a function within the statement above takes half as long as all of it.
  update batch_events set path = decoded_path(path) where strpos(path, '%') > 0 or octet_length(path) <> length(path);
  return v_rows;
end
$$;
