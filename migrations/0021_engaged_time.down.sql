-- Drops the engaged times. Durations and times on page stay as they are: without idle gaps where they were computed so.
drop view daily_value_sums, hourly_value_sums, active_sessions;
alter table daily_values drop column engaged, drop column measured;
alter table hourly_values drop column engaged, drop column measured;
alter table hourly_site_metrics drop column engaged, drop column measured;
alter table session_rows drop column page_engaged;
alter table user_sessions drop column idle, drop column engaged_seconds;
alter table pageviews drop column engaged_seconds;

create view daily_value_sums as
select d.site_id, d.dimension, d.day, v.*
from daily_values d
cross join lateral unnest(d.value_ids, d.sessions, d.pageviews, d.events, d.bounces, d.seconds, d.timed)
  as v(value_id, sessions, pageviews, events, bounces, seconds, timed);
create view hourly_value_sums as
select h.site_id, h.dimension, h.day, h.hour, v.*
from hourly_values h
cross join lateral unnest(h.value_ids, h.sessions, h.pageviews, h.events, h.bounces, h.seconds, h.timed)
  as v(value_id, sessions, pageviews, events, bounces, seconds, timed);
create view active_sessions as
select s.*, now() - s.session_start as session_age
from user_sessions s
where s.session_end is null
  and coalesce(s.last_event_at, s.session_start) > now() - interval '30 minutes';
