-- 0002_analytics: what is asked: sessions, pageviews, interactions, forms, and a row a site and day.
--
-- Why:      raw events are JSON; these are the columns that questions are put to. All of it is a function of
--           the set of events, so `id` is derived (events_log.id * 1024 + the event's place in its batch) and
--           (timestamp, event_id) decides what came first.
-- Locks:    none on existing tables; safe while collecting.
-- Rollback: 0002_analytics.down.sql drops the tables; what events_log still holds can be processed again.

-- Rows that are added by hand or imported get negative ids, which never meet a derived one.
create sequence imported_row_id_seq increment -1;

create table user_sessions (
  session_id         varchar(100) not null,
  visitor_id         varchar(100) not null,
  site_id            varchar(100) not null,

  session_start      timestamptz  not null,
  session_end        timestamptz, -- null while the session is active
  duration_seconds   integer,

  pageview_count     integer default 0,
  event_count        integer default 0, -- rows in user_events
  bounce             boolean default true, -- fewer than two pageviews

  entry_url          text,
  entry_path         varchar(2048),
  entry_title        text,
  exit_url           text,
  exit_path          varchar(2048),

  utm_source         varchar(255),
  utm_medium         varchar(255),
  utm_campaign       varchar(255),
  utm_content        varchar(255),
  utm_term           varchar(255),
  referrer_type      varchar(50), -- direct, search, social, ai, email, referral, internal
  referrer_platform  varchar(100),
  original_referrer  text,

  user_agent         text, -- joins user_agents
  browser_language   varchar(35),
  timezone           varchar(64),
  screen_width       integer,
  screen_height      integer,
  viewport_width     integer,
  viewport_height    integer,
  device_pixel_ratio decimal(6, 2),

  last_event_at      timestamptz, -- what idleness is counted from
  -- The event that the entry and the attribution come from (the first pageview, else the first event), and the
  -- last pageview: what a later batch compares with, so that batches may come in any order.
  entry_at           timestamptz,
  entry_event_id     uuid,
  exit_at            timestamptz,
  exit_event_id      uuid,

  primary key (site_id, session_id)
);
create index idx_user_sessions_site_start on user_sessions (site_id, session_start);
create index idx_user_sessions_visitor    on user_sessions (site_id, visitor_id);
create index idx_user_sessions_active     on user_sessions (coalesce(last_event_at, session_start)) where session_end is null;

create table pageviews (
  id                   bigint       not null default nextval('imported_row_id_seq'),
  session_id           varchar(100) not null,
  visitor_id           varchar(100) not null,
  site_id              varchar(100) not null,

  url                  text          not null,
  path                 varchar(2048) not null,
  title                text,
  query_params         text,
  hash_fragment        varchar(2048),

  view_timestamp       timestamptz not null,
  time_on_page_seconds integer, -- until the next pageview of the session, else until the page was left

  referrer             text,
  internal_referrer    boolean default false,

  utm_source           varchar(255),
  utm_medium           varchar(255),
  utm_campaign         varchar(255),
  utm_content          varchar(255),
  utm_term             varchar(255),

  event_id             uuid not null default gen_random_uuid(),
  primary key (id, site_id)
);
create index idx_pageviews_session   on pageviews (site_id, session_id, view_timestamp);
create index idx_pageviews_site_time on pageviews (site_id, view_timestamp);

create table user_events (
  id                bigint       not null default nextval('imported_row_id_seq'),
  session_id        varchar(100) not null,
  visitor_id        varchar(100) not null,
  site_id           varchar(100) not null,

  event_type        varchar(50)  not null,
  event_timestamp   timestamptz  not null,
  page_url          text,
  page_path         varchar(2048),

  event_data        jsonb,

  element_tag       varchar(100),
  element_classes   text,
  element_id        varchar(255),
  scroll_percentage integer,
  form_id           varchar(255),

  page_inferred     boolean not null default false, -- sent without a url: the page is the session's latest pageview
  event_id          uuid    not null default gen_random_uuid(),
  primary key (id, site_id)
);
create index idx_user_events_session   on user_events (site_id, session_id, event_timestamp);
create index idx_user_events_site_time on user_events (site_id, event_timestamp, event_type);

create table form_submissions (
  id               bigint       not null default nextval('imported_row_id_seq'),
  session_id       varchar(100) not null,
  visitor_id       varchar(100) not null,
  site_id          varchar(100) not null,

  form_id          varchar(255),
  form_action      text,
  form_method      varchar(10),
  page_url         text,
  page_path        varchar(2048),

  submit_timestamp timestamptz not null,
  field_count      integer,
  form_data        jsonb, -- sensitive values are redacted before anything is stored

  event_id         uuid not null default gen_random_uuid(),
  primary key (id, site_id)
);
create index idx_form_submissions_session   on form_submissions (site_id, session_id);
create index idx_form_submissions_site_time on form_submissions (site_id, submit_timestamp);

create table daily_site_metrics (
  id                           bigint generated by default as identity,
  site_id                      varchar(100) not null,
  metric_date                  date         not null, -- the site's own day, by sites.timezone

  unique_visitors              integer default 0,
  total_sessions               integer default 0,
  total_pageviews              integer default 0,
  bounce_rate                  decimal(5, 4), -- 0..1; null without a session

  avg_session_duration_seconds integer,
  avg_pages_per_session        decimal(8, 2),
  total_events                 integer default 0,

  -- These seven add up to total_sessions.
  direct_sessions              integer default 0, -- of no or of an unknown type, too
  search_sessions              integer default 0,
  social_sessions              integer default 0,
  referral_sessions            integer default 0,
  ai_sessions                  integer default 0,
  email_sessions               integer default 0,
  internal_sessions            integer default 0,

  primary key (id, site_id),
  unique (site_id, metric_date)
);
