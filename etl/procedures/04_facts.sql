-- One batch's rows of each table of facts.

-- Sets aside, with its reason, each event that cannot be used. What stays in the batch is usable.
create or replace function set_aside_failed_events(batch timestamptz) returns void
language plpgsql as $$
begin
  if exists (select from batch_events where reason is not null) then
    insert into failed_events (id, site_id, event_id, event_type, reason, event, failed_at)
    select id, site_id, event_id, left(event_type, 200), reason, event, batch
    from batch_events
    where reason is not null;
    delete from batch_events where reason is not null;
  end if;
end
$$;

create or replace function add_pageviews() returns void
language plpgsql as $$
begin
  insert into pageviews (
    id, session_id, visitor_id, site_id, url, path, title, query_params, hash_fragment,
    view_timestamp, referrer, internal_referrer,
    utm_source, utm_medium, utm_campaign, utm_content, utm_term, event_id
  )
  select
    id, session_id, visitor_id, site_id,
    coalesce(url, json_text(event -> 'page', 'url', 8192), path, ''),
    coalesce(path, json_text(event -> 'page', 'path', 2048), ''),
    json_text(event -> 'page', 'title', 2048),
    json_text(event -> 'page', 'queryParams', 8192),
    json_text(event -> 'page', 'hash', 2048),
    event_timestamp,
    event_referrer(event),
    coalesce(event #>> '{attribution,referrerType}' = 'internal', false)
      or coalesce(url_host(event_referrer(event)) = url_host(url), false),
    json_text(event #> '{attribution,utmParams}', 'utm_source', 255),
    json_text(event #> '{attribution,utmParams}', 'utm_medium', 255),
    json_text(event #> '{attribution,utmParams}', 'utm_campaign', 255),
    json_text(event #> '{attribution,utmParams}', 'utm_content', 255),
    json_text(event #> '{attribution,utmParams}', 'utm_term', 255),
    event_id
  from batch_events
  where not is_interaction;
end
$$;

-- An event that came without its page takes that of the session's latest pageview at that moment.
create or replace function add_user_events() returns void
language plpgsql as $$
begin
  insert into user_events (
    id, session_id, visitor_id, site_id, event_type, event_timestamp, page_url, page_path, page_inferred, event_data,
    element_tag, element_classes, element_id, scroll_percentage, form_id, event_id
  )
  with moments as (
    select b.visit, v.site_id, v.session_id, v.view_timestamp as at, 0 as kind, v.event_id, v.id, v.url, v.path,
      null as visitor_id, null as event_type, null::jsonb as event_data
    from batch_sessions b
    join pageviews v using (site_id, session_id)
    where b.has_inferred_pages
    union all
    select visit, site_id, session_id, event_timestamp, 1, event_id, id, null, null, visitor_id, event_type, event -> 'eventData'
    from batch_events
    where is_interaction and url is null and path is null
  ),
  -- A stretch is a pageview and what follows until the next one.
  stretches as (
    select m.*, count(*) filter (where m.kind = 0)
      over (partition by m.visit, m.site_id, m.session_id order by m.at, m.kind, m.event_id, m.id % 1024) as stretch
    from moments m
  ),
  inferred as (
    select s.*, first_value(s.url) over stretch as view_url, first_value(s.path) over stretch as view_path
    from stretches s
    window stretch as (partition by s.visit, s.site_id, s.session_id, s.stretch order by s.at, s.kind, s.event_id, s.id % 1024)
  ),
  events as (
    select id, site_id, session_id, visitor_id, event_type, at, event_id, event_data, true as page_inferred,
      -- Before the first pageview, the first of a stretch is no pageview.
      case when stretch > 0 then view_url end as url, case when stretch > 0 then view_path end as path
    from inferred
    where kind = 1
    union all
    select id, site_id, session_id, visitor_id, event_type, event_timestamp, event_id, event -> 'eventData', false, url, path
    from batch_events
    where is_interaction and (url is not null or path is not null)
    offset 0
  )
  select
    id, session_id, visitor_id, site_id, event_type, at, url, path, page_inferred, event_data,
    json_text(event_data, 'tagName', 100),
    json_text(event_data, 'classes', 8192),
    json_text(event_data, 'id', 255),
    coalesce(json_integer(event_data -> 'scrollPercentage'), json_integer(event_data -> 'milestone')),
    json_text(event_data, 'formId', 255),
    event_id
  from events;
end
$$;

-- From user_events, where the page is known by now.
create or replace function add_form_submissions() returns void
language plpgsql as $$
begin
  insert into form_submissions (
    id, session_id, visitor_id, site_id, form_id, form_action, form_method, page_url, page_path,
    submit_timestamp, field_count, form_data, event_id
  )
  select
    e.id, e.session_id, e.visitor_id, e.site_id, e.form_id,
    json_text(e.event_data, 'formAction', 8192),
    json_text(e.event_data, 'formMethod', 10),
    e.page_url, e.page_path, e.event_timestamp,
    case when jsonb_typeof(e.event_data -> 'formData') = 'object'
      then (select count(*) from jsonb_object_keys(e.event_data -> 'formData')) else 0 end,
    e.event_data -> 'formData',
    e.event_id
  from batch_events b
  join user_events e using (site_id, event_timestamp, id)
  where b.event_type = 'form_submit';
end
$$;
