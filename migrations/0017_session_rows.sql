-- 0017_session_rows: one narrow row per session, from which questions are answered.
--
-- Why:      the packed segments of 0008 to 0016 answered fast, but after one new event the whole day had to be packed again: 9 s
--           for a day of 500,000 events. A session's row is written again when a batch of the ETL touches the session; a day is
--           rolled up once, when it is over. What is not rolled up is read from the rows.
-- Locks:    user_events and visitor_days, against writes, while three indexes are built: about 10 s per ten million events and 1 s per
--           million rows of visitor_days. The collector goes on, the ETL waits. The three views, stale_days and visitor_days
--           exclusively, for a moment.
--           `footfall rebuild` fills the rows from the facts afterwards, the latest days first; it drops the tables of the segments
--           at its end. Collectors of the previous release may go on until then; their dashboards show the figures of the
--           moment of this migration.
-- Rollback: 0017_session_rows.down.sql drops the new tables and marks every day for the packed segments; the first run of
--           daily-metrics of the previous release fills them.

-- The texts that rows hold as numbers: pages, event names, and the values of dimensions. An unknown value is ''.
create sequence dictionary_value_id_seq as integer;
create table dictionary (
  site_id    varchar(100) not null,
  value_id   integer      not null default nextval('dictionary_value_id_seq'),
  value      text         not null,
  value_hash uuid         not null generated always as (md5(value)::uuid) stored, -- a path may be longer than an entry of a B-tree
  retired_at timestamptz, -- when it may have become unused; null while it is used
  primary key (site_id, value_id)
);
alter sequence dictionary_value_id_seq owned by dictionary.value_id;
create unique index idx_dictionary_value on dictionary (site_id, value_hash);
create index idx_dictionary_retired on dictionary (site_id, value_id) where retired_at is not null;

-- A function of user_sessions, pageviews and user_events (etl/procedures/20_session_rows.sql). It holds moments, no days, so a
-- new time zone leaves it as it is. Columns of a fixed width come first: those that follow a text are slower to read.
create table session_rows (
  started_at       timestamptz not null,
  ended_at         timestamptz not null, -- its last event
  visitor          bigint      not null, -- visitor_hash of user_sessions.visitor_id
  duration_seconds integer     not null,
  engaged_seconds  integer,              -- as the tracker measured it; null where it did not
  pageviews        integer     not null,
  events           integer     not null,
  entry_page       integer     not null,
  exit_page        integer     not null,
  source           integer     not null,
  referrer         integer     not null,
  referrer_type    integer     not null,
  channel          integer     not null,
  utm_source       integer     not null,
  utm_medium       integer     not null,
  utm_campaign     integer     not null,
  utm_content      integer     not null,
  utm_term         integer     not null,
  country          integer     not null,
  language         integer     not null,
  browser          integer     not null,
  os               integer     not null,
  device           integer     not null,
  screen           integer     not null,
  definitions      smallint    not null, -- the version of etl/definitions.md that the row was made by

  site_id          varchar(100) not null,
  session_id       varchar(100) not null,

  -- The first 1,000 steps (pageviews and events together), in order. The microseconds of a moment are the step's place in its
  -- session, 0 to 999, so moments alone say what came first, also across the two kinds.
  page_ids         integer[]     not null,
  page_at          timestamptz[] not null,
  page_seconds     integer[]     not null, -- time on page; null where it is unknown
  page_depths      smallint[]    not null, -- the furthest scroll milestone, in percent
  page_visitors    bigint[],               -- null where all are `visitor`
  event_ids        integer[]     not null,
  event_at         timestamptz[] not null,

  primary key (site_id, session_id)
-- An active session's row is written again every minute.
) with (autovacuum_vacuum_scale_factor = 0.05);
create index idx_session_rows_start on session_rows (site_id, started_at);
-- The few with more steps than their row holds.
create index idx_session_rows_cut on session_rows (site_id, started_at) where pageviews + events > 1000;
create statistics session_rows_steps on (pageviews + events) from session_rows; -- so that the planner knows how few
-- Those that may reach into another day although they start long before it.
create index idx_session_rows_long on session_rows (site_id, ended_at) where ended_at - started_at >= interval '1 hour';
create index idx_session_rows_visitors on session_rows (site_id, started_at) where page_visitors is not null;

-- Sums by the value of a dimension. The daily tables hold days that are over; a day with a mark in stale_days is answered from rows
-- and from hours that are rolled up.
create table daily_values (
  site_id   varchar(100) not null,
  dimension varchar(20)  not null,
  day       date         not null,
  -- Side by side, an element for each value: a row for each would take five times the space, and time to write.
  value_ids integer[]    not null,
  sessions  integer[]    not null,
  pageviews integer[]    not null,
  events    integer[]    not null,
  bounces   integer[]    not null,
  seconds   bigint[]     not null, -- of sessions: their duration; of pages: the time on them
  timed     integer[]    not null, -- how many sessions or pageviews `seconds` is of
  primary key (site_id, dimension, day)
);
create view daily_value_sums as
select d.site_id, d.dimension, d.day, v.*
from daily_values d
cross join lateral unnest(d.value_ids, d.sessions, d.pageviews, d.events, d.bounces, d.seconds, d.timed)
  as v(value_id, sessions, pageviews, events, bounces, seconds, timed);

-- The same of hours of a day that is not over, where they hold many sessions. They go when the day is over.
create table hourly_values (
  like daily_values,
  hour timestamptz not null, -- when it starts
  primary key (site_id, dimension, day, hour)
);
create view hourly_value_sums as
select h.site_id, h.dimension, h.day, h.hour, v.*
from hourly_values h
cross join lateral unnest(h.value_ids, h.sessions, h.pageviews, h.events, h.bounces, h.seconds, h.timed)
  as v(value_id, sessions, pageviews, events, bounces, seconds, timed);

-- How far down a page its views got.
create table daily_scroll (
  site_id     varchar(100) not null,
  day         date         not null,
  page        integer      not null, -- of the dictionary
  reached_25  integer      not null,
  reached_50  integer      not null,
  reached_75  integer      not null,
  reached_100 integer      not null,
  primary key (site_id, day, page)
);

-- How a form was used on a page; an unknown form or page is ''.
create table daily_forms (
  site_id      varchar(100)  not null,
  day          date          not null,
  form_id      varchar(255)  not null,
  page         text          not null,
  starts       integer       not null,
  submissions  integer       not null,
  abandonments integer       not null
);
create index idx_daily_forms on daily_forms (site_id, day);

-- How many submissions had something in a field.
create table daily_form_fields (
  site_id varchar(100) not null,
  day     date         not null,
  form_id varchar(255) not null,
  field   varchar(200) not null,
  filled  integer      not null
);
create index idx_daily_form_fields on daily_form_fields (site_id, day);

-- What events of a name brought in.
create table daily_revenue (
  site_id    varchar(100) not null,
  day        date         not null,
  event_name varchar(50)  not null,
  currency   varchar(3)   not null, -- '' where none was sent
  payments   integer      not null,
  amount     numeric      not null
);
create index idx_daily_revenue on daily_revenue (site_id, day);

-- A rebuild of rows and roll-ups, a row for each month: its latest sessions come first, and those that start at `reached` or later
-- are done. The rows of one rebuild have the same started_at.
create table rebuilds (
  id          bigint       generated always as identity primary key,
  site_id     varchar(100),                 -- null: every site
  starts      timestamptz  not null,
  ends        timestamptz  not null,
  reached     timestamptz  not null,
  slice       interval     not null default '1 hour', -- how much is done next; it follows the number of sessions
  definitions smallint     not null,
  is_upgrade  boolean      not null default false, -- what it has not reached has no rows yet
  started_at  timestamptz  not null default now(),
  finished_at timestamptz
);

-- The events that somebody named, or that say something of their own; the others are measured by the tracker all the time.
create index idx_user_events_own on user_events (site_id, event_type, event_timestamp)
  where event_type not in ('scroll', 'scroll_depth', 'page_visibility', 'page_exit', 'web_vitals');
create index idx_user_events_revenue on user_events (site_id, event_timestamp) where event_data ? 'revenue';

-- The day first: else Postgres may choose this index to look a visitor up, where it has no statistics of a site yet.
create index idx_visitor_days_of_day on visitor_days (day, site_id, previous_day);

-- The days that have changed since they were rolled up, or are not over, and their hours. Marks are appended, so that no two batches
-- wait for each other; a roll-up deletes those that it has seen.
alter table stale_days drop constraint if exists stale_days_pkey;
alter table stale_days add column hour timestamptz; -- when the hour starts that has changed; null: any may have
alter table stale_days add column is_counted boolean not null default false; -- the day's row of daily_site_metrics has it
create index idx_stale_days on stale_days (site_id, metric_date);

-- As the schema document has them, from the facts.
create or replace view page_performance as
select
  site_id,
  path,
  count(*)                                                                       as total_views,
  avg(time_on_page_seconds)                                                      as avg_time_on_page,
  count(distinct session_id)                                                     as unique_sessions,
  sum(case when time_on_page_seconds < 10 then 1 else 0 end)::decimal / count(*) as bounce_rate
from pageviews
where view_timestamp > now() - interval '30 days'
group by site_id, path;

create or replace view traffic_sources as
select
  site_id,
  referrer_type,
  count(distinct session_id) as sessions,
  count(distinct visitor_id) as unique_visitors,
  avg(duration_seconds)      as avg_session_duration,
  avg(pageview_count)        as avg_pages_per_session
from user_sessions
where session_start > now() - interval '30 days'
group by site_id, referrer_type;

drop index idx_visitor_days_day; -- last, as questions wait for it

-- What there is has no rows yet: the jobs, or `footfall rebuild`, write them.
insert into rebuilds (starts, ends, reached, definitions, is_upgrade)
select greatest(month, earliest), month_end, month_end, 1, true
from (
  select earliest, month, coalesce(lead(month) over (order by month), 'infinity') as month_end
  from (select min(session_start) as earliest, max(session_start) as latest from user_sessions) s,
    generate_series(date_trunc('month', earliest), latest, interval '1 month') as month
) months;
do $$
begin
  -- A new database has nothing to keep until then.
  if not exists (select from rebuilds) then
    drop view recent_long_sessions, stretches_between_rolled_up_days, rolled_up_days;
    drop table session_segments, session_visitors, session_counts, session_values, daily_dimensions, monthly_dimensions, daily_steps, long_sessions;
  end if;
end
$$;
