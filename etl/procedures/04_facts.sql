-- One batch's rows of each table of facts. An event that cannot be used goes to failed_events, with its reason.

create or replace function add_failed_events(batch timestamptz) returns void
language sql as $$
  insert into failed_events (id, site_id, event_id, event_type, reason, event, failed_at)
  select id, site_id, event_id, left(event_type, 200), reason, event, batch
  from logical_events(batch)
  where reason is not null
$$;

create or replace function add_pageviews(batch timestamptz) returns void
language sql as $$
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
  from logical_events(batch)
  where reason is null and event_type = 'pageview'
$$;

-- `sites` and `sessions` name the sessions that have events without a page in the batch. Such an event takes the page of
-- the session's latest pageview at that moment.
create or replace function add_user_events(batch timestamptz, sites text[], sessions text[]) returns void
language plpgsql as $$
begin
  insert into user_events (
    id, session_id, visitor_id, site_id, event_type, event_timestamp, page_url, page_path, page_inferred, event_data,
    element_tag, element_classes, element_id, scroll_percentage, form_id, event_id
  )
  with moments as (
    select v.site_id, v.session_id, v.view_timestamp as at, 0 as kind, v.event_id, v.id, v.url, v.path,
      null as visitor_id, null as event_type, null::jsonb as event_data
    from unnest(sites, sessions) as touched(site_id, session_id)
    join pageviews v using (site_id, session_id)
    union all
    select site_id, session_id, event_timestamp, 1, event_id, id, url, path, visitor_id, event_type, event -> 'eventData'
    from logical_events(batch)
    where reason is null and event_type <> 'pageview'
  ),
  -- A stretch is a pageview and what follows until the next one.
  stretches as (
    select m.*, count(*) filter (where m.kind = 0)
      over (partition by m.site_id, m.session_id order by m.at, m.kind, m.event_id, m.id % 1024) as stretch
    from moments m
  ),
  pages as (
    select s.*,
      s.url is null and s.path is null as page_inferred,
      first_value(s.url) over stretch  as view_url,
      first_value(s.path) over stretch as view_path
    from stretches s
    window stretch as (partition by s.site_id, s.session_id, s.stretch order by s.at, s.kind, s.event_id, s.id % 1024)
  )
  select
    id, session_id, visitor_id, site_id, event_type, at,
    -- Before the first pageview, the first of a stretch is no pageview.
    case when page_inferred then case when stretch > 0 then view_url end else url end,
    case when page_inferred then case when stretch > 0 then view_path end else path end,
    page_inferred, event_data,
    json_text(event_data -> 'tagName', 100),
    json_text(event_data -> 'classes', 8192),
    json_text(event_data -> 'id', 255),
    coalesce(json_integer(event_data -> 'scrollPercentage'), json_integer(event_data -> 'milestone')),
    json_text(event_data -> 'formId', 255),
    event_id
  from pages
  where kind = 1;
end
$$;

-- Of the raw events with ids in [first_id, last_id], from user_events, where the page is known by now.
create or replace function add_form_submissions(sites text[], sessions text[], first_id bigint, last_id bigint) returns void
language plpgsql as $$
begin
  insert into form_submissions (
    id, session_id, visitor_id, site_id, form_id, form_action, form_method, page_url, page_path,
    submit_timestamp, field_count, form_data, event_id
  )
  select
    e.id, e.session_id, e.visitor_id, e.site_id, e.form_id,
    json_text(e.event_data -> 'formAction', 8192),
    json_text(e.event_data -> 'formMethod', 10),
    e.page_url, e.page_path, e.event_timestamp,
    case when jsonb_typeof(e.event_data -> 'formData') = 'object'
      then (select count(*) from jsonb_object_keys(e.event_data -> 'formData')) else 0 end,
    e.event_data -> 'formData',
    e.event_id
  from unnest(sites, sessions) as touched(site_id, session_id)
  join user_events e using (site_id, session_id)
  where e.event_type = 'form_submit' and e.id between first_id * 1024 and last_id * 1024 + 1023
  -- A row of this range may have been processed before, if it was committed earlier than its neighbours.
  on conflict do nothing;
end
$$;
