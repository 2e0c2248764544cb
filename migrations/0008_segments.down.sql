-- As they were; with the same columns, so that what depends on them stays.
create or replace view page_performance as
select
  site_id,
  path,
  count(*)                                                                        as total_views,
  avg(time_on_page_seconds)                                                       as avg_time_on_page,
  count(distinct session_id)                                                      as unique_sessions,
  sum(case when time_on_page_seconds < 10 then 1 else 0 end)::decimal / count(*)  as bounce_rate
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

drop view recent_long_sessions;
drop view stretches_between_rolled_up_days;
drop view rolled_up_days;
drop table long_sessions;
drop table visitor_cohorts;
drop table daily_steps;
drop table session_values;
drop table session_segments;

create table session_summaries (
  site_id      varchar(100) not null,
  day          date         not null,
  session_id   varchar(100) not null,
  started_at   timestamptz  not null,
  visitor      bigint       not null,
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
  pages        text[]    not null,
  page_ms      integer[] not null,
  page_seconds integer[] not null,
  event_names  text[]    not null,
  event_ms     integer[] not null,
  primary key (site_id, day, session_id)
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);

-- The former version fills it again.
insert into stale_days (site_id, metric_date, marked_at)
select site_id, metric_date, now() from daily_site_metrics
on conflict (site_id, metric_date) do nothing;
