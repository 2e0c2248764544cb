-- Drops what tells bounces from other sessions of one page. `user_sessions.bounce` stays as it was decided.
drop view daily_value_sums, hourly_value_sums;
alter table daily_values drop column viewed;
alter table hourly_values drop column viewed;
alter table hourly_site_metrics drop column viewed;
alter table session_rows drop column bounced;

create view daily_value_sums as
select d.site_id, d.dimension, d.day, v.*
from daily_values d
cross join lateral unnest(d.value_ids, d.sessions, d.pageviews, d.events, d.bounces, d.seconds, d.timed, d.engaged, d.measured)
  as v(value_id, sessions, pageviews, events, bounces, seconds, timed, engaged, measured);
create view hourly_value_sums as
select h.site_id, h.dimension, h.day, h.hour, v.*
from hourly_values h
cross join lateral unnest(h.value_ids, h.sessions, h.pageviews, h.events, h.bounces, h.seconds, h.timed, h.engaged, h.measured)
  as v(value_id, sessions, pageviews, events, bounces, seconds, timed, engaged, measured);
