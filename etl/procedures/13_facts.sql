-- One batch's rows of each table of facts.

-- Sets aside, with its reason, each event that cannot be used, and sums up the sessions again of those that are left.
create or replace function set_aside_failed_events(batch timestamptz) returns void
language plpgsql as $$
begin
  if exists (select from batch_sessions where failures > 0) then
    insert into failed_events (id, site_id, event_id, event_type, reason, event, failed_at)
    select id, site_id, event_id, left(event_type, 200), reason, event, batch
    from batch_events
    where reason is not null;
    delete from batch_events where reason is not null;
    drop table batch_sessions;
    perform read_sessions();
  end if;
end
$$;

create or replace function add_pageviews() returns void
language plpgsql as $$
begin
  insert into pageviews (
    id, session_id, visitor_id, site_id, url, path, title, query_params, hash_fragment,
    view_timestamp, time_on_page_seconds, engaged_seconds, referrer, internal_referrer,
    utm_source, utm_medium, utm_campaign, utm_content, utm_term, event_id
  )
  select
    b.id, b.session_id, b.visitor_id, b.site_id, p.url, p.path,
    coalesce(t.title, json_text(said.page, 'title', 2048)),
    json_text(said.page, 'queryParams', 8192),
    json_text(said.page, 'hash', 2048),
    b.event_timestamp, p.seconds, p.engaged,
    said.referrer,
    coalesce(said.referrer_type = 'internal', false) or coalesce(url_host(said.referrer) = url_host(b.url), false),
    json_text(said.utm, 'utm_source', 255),
    json_text(said.utm, 'utm_medium', 255),
    json_text(said.utm, 'utm_campaign', 255),
    json_text(said.utm, 'utm_content', 255),
    json_text(said.utm, 'utm_term', 255),
    b.event_id
  from batch_events b
  join batch_pages p on not p.is_interaction and p.id = b.id
  left join batch_titles t on t.visit = b.visit and t.view_id = b.event_id::text and t.at >= b.event_timestamp
  cross join lateral (
    select
      b.event -> 'page' as page, b.event #> '{attribution,utmParams}' as utm, event_referrer(b.event) as referrer,
      b.event #>> '{attribution,referrerType}' as referrer_type
    offset 0
  ) said
  where not b.is_interaction;
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
  select
    b.id, b.session_id, b.visitor_id, b.site_id, b.event_type, b.event_timestamp,
    coalesce(b.url, p.url), coalesce(b.path, p.path), b.url is null and b.path is null,
    b.event_data,
    json_text(b.event_data, 'tagName', 100),
    json_text(b.event_data, 'classes', 8192),
    json_text(b.event_data, 'id', 255),
    case when b.event_data ? 'scrollPercentage' or b.event_data ? 'milestone'
      then coalesce(json_integer(b.event_data -> 'scrollPercentage'), json_integer(b.event_data -> 'milestone')) end,
    json_text(b.event_data, 'formId', 255),
    b.event_id
  from batch_events b
  left join batch_pages p on p.is_interaction and p.id = b.id
  where b.is_interaction;
end
$$;

create or replace function add_form_submissions() returns void
language plpgsql as $$
begin
  insert into form_submissions (
    id, session_id, visitor_id, site_id, form_id, form_action, form_method, page_url, page_path,
    submit_timestamp, field_count, form_data, event_id
  )
  select
    b.id, b.session_id, b.visitor_id, b.site_id,
    json_text(b.event_data, 'formId', 255),
    json_text(b.event_data, 'formAction', 8192),
    json_text(b.event_data, 'formMethod', 10),
    coalesce(b.url, p.url), coalesce(b.path, p.path), b.event_timestamp,
    case when jsonb_typeof(b.event_data -> 'formData') = 'object'
      then (select count(*) from jsonb_object_keys(b.event_data -> 'formData')) else 0 end,
    b.event_data -> 'formData',
    b.event_id
  from batch_events b
  left join batch_pages p on p.is_interaction and p.id = b.id
  where b.event_type = 'form_submit';
end
$$;
