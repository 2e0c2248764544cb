-- 0003_views: who is here, how each page does, where sessions come from.
--
-- Why:      the three questions that everybody asks first.
-- Locks:    none.
-- Rollback: 0003_views.down.sql.

-- Active means an event within 30 minutes: a reader of an hour is still here.
create view active_sessions as
select s.*, now() - s.session_start as session_age
from user_sessions s
where s.session_end is null
  and coalesce(s.last_event_at, s.session_start) > now() - interval '30 minutes';

create view page_performance as
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

create view traffic_sources as
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
