-- 0006_stats: what questions with filters, of any range, are answered from.
--
-- Why:      the facts are wide and many; a dashboard asks a dozen questions at once. session_summaries holds a narrow row a
--           session, for questions that filter; the others hold sums that can be added up over days and months. All of it is
--           computed from the facts, for the stale days only (etl/procedures/09_stats.sql), so it can be dropped and made again.
--           `channel` and `country` are found by the collector, the one from the attribution, the other from the request.
-- Locks:    user_sessions exclusively for a moment (two columns without a default).
-- Rollback: 0006_stats.down.sql; `call calculate_daily_metrics(…)` fills the tables again after the next migration.

alter table user_sessions
  add column channel varchar(50), -- GA4's default channel groups, by the entry's attribution
  add column country varchar(2);  -- ISO 3166-1

-- The view has all columns of user_sessions.
drop view active_sessions;
create view active_sessions as
select s.*, now() - s.session_start as session_age
from user_sessions s
where s.session_end is null
  and coalesce(s.last_event_at, s.session_start) > now() - interval '30 minutes';

-- A session on the day on which it starts, as narrow as can be. An unknown value is ''.
create table session_summaries (
  site_id      varchar(100) not null,
  day          date         not null, -- the site's own
  session_id   varchar(100) not null,
  started_at   timestamptz  not null,
  visitor      bigint       not null, -- a hash of the visitor's id
  pageviews    integer      not null,
  events       integer      not null,
  seconds      integer      not null,
  bounce       boolean      not null,

  entry        text not null,
  exit         text not null,
  source       text not null,
  referrer     text not null,
  channel      text not null,
  utm_source   text not null,
  utm_medium   text not null,
  utm_campaign text not null,
  utm_content  text not null,
  utm_term     text not null,
  country      text not null,
  language     text not null,
  browser      text not null,
  os           text not null,
  device       text not null,
  screen       text not null,

  -- The first 1,000 pageviews and events, in order of time: the page or the name, milliseconds since the start, and of a
  -- pageview the seconds spent on it (null where unknown).
  pages        text[]    not null,
  page_ms      integer[] not null,
  page_seconds integer[] not null,
  event_names  text[]    not null,
  event_ms     integer[] not null,

  primary key (site_id, day, session_id)
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);

-- Sums by value of a dimension: of a day, and of a whole month. The values with the most sessions, pageviews or events of each
-- day (or month) are kept; what the others sum up to stands under a null value.
create table daily_dimensions (
  site_id   varchar(100) not null,
  dimension varchar(50)  not null,
  day       date         not null,
  value     text,
  sessions  integer      not null,
  pageviews integer      not null,
  events    integer      not null,
  bounces   integer      not null,
  seconds   bigint       not null, -- of sessions: their duration; of pages: the time on them
  timed     integer      not null, -- how many sessions or pageviews `seconds` is of
  amount    numeric      not null  -- revenue
);
create index idx_daily_dimensions on daily_dimensions (site_id, dimension, day);

create table monthly_dimensions (
  site_id   varchar(100) not null,
  dimension varchar(50)  not null,
  month     date         not null, -- its first day
  value     text,
  sessions  integer      not null,
  pageviews integer      not null,
  events    integer      not null,
  bounces   integer      not null,
  seconds   bigint       not null,
  timed     integer      not null,
  amount    numeric      not null
);
create index idx_monthly_dimensions on monthly_dimensions (site_id, dimension, month);

-- What came with the events of a name: how often each value of each property did. Of a day and property the 100 most
-- frequent values are kept; what the others sum up to stands under a null value.
create table daily_properties (
  site_id    varchar(100) not null,
  event_name varchar(50)  not null,
  day        date         not null,
  property   varchar(100) not null,
  value      text,
  events     integer      not null
);
create index idx_daily_properties on daily_properties (site_id, event_name, day);

-- Hours count from the site's midnight, so every time zone has whole ones; a day may have 23 or 25.
create table hourly_site_metrics (
  site_id   varchar(100) not null,
  day       date         not null,
  hour      timestamptz  not null, -- when it starts
  visitors  integer      not null,
  sessions  integer      not null,
  pageviews integer      not null,
  events    integer      not null,
  bounces   integer      not null,
  seconds   bigint       not null, -- of the sessions
  primary key (site_id, hour)
);
create index idx_hourly_site_metrics_day on hourly_site_metrics (site_id, day);

-- Who was there on which day, and when before. Of a visitor's days in a range just one has no day before it in that range, so
-- counting those counts visitors.
create table visitor_days (
  site_id      varchar(100) not null,
  visitor      bigint       not null,
  day          date         not null,
  previous_day date, -- the visitor's last day before this one
  first_day    date         not null,
  primary key (site_id, visitor, day)
);
create index idx_visitor_days_day on visitor_days (site_id, day, previous_day);

-- visitor_days counted: how many visitors of a day were last seen on which.
create table visitor_returns (
  site_id      varchar(100) not null,
  day          date         not null,
  previous_day date,
  visitors     integer      not null
);
create index idx_visitor_returns on visitor_returns (site_id, day);

-- What the site's owner wants visitors to do: send an event of a name, or view a page.
create table goals (
  site_id    varchar(100) not null,
  goal_id    uuid         not null default gen_random_uuid(),
  name       text         not null check (length(name) between 1 and 100),
  event_name varchar(50),
  page       varchar(2048), -- a path
  created_at timestamptz  not null default now(),
  primary key (site_id, goal_id),
  unique (site_id, name),
  check (num_nonnulls(event_name, page) = 1)
);

-- What was rolled up before is rolled up again, by the next run of daily-metrics: it fills these tables, too.
insert into stale_days (site_id, metric_date, marked_at)
select site_id, metric_date, now() from daily_site_metrics
on conflict (site_id, metric_date) do nothing;
-- It takes a number of days now; with the former one beside it, a call without one would be ambiguous.
drop function if exists roll_up_stale_days();

-- What is asked here takes milliseconds, to compile it for the processor tenths of a second: Postgres guesses wrong from its costs.
-- Connections that are opened from now on do without; a role that may not say so leaves it as it is.
do $$
begin
  execute format('alter database %I set jit = off', current_database());
exception when insufficient_privilege then
  raise notice 'this role may not alter the database: set jit = off in its settings, or questions take longer than they need to';
end
$$;
