drop table goals;
drop table visitor_returns;
drop table visitor_days;
drop table daily_properties;
drop table hourly_site_metrics;
drop table monthly_dimensions;
drop table daily_dimensions;
drop table session_summaries;

drop view active_sessions;
alter table user_sessions drop column country, drop column channel;
create view active_sessions as
select s.*, now() - s.session_start as session_age
from user_sessions s
where s.session_end is null
  and coalesce(s.last_event_at, s.session_start) > now() - interval '30 minutes';

do $$
begin
  execute format('alter database %I reset jit', current_database());
exception when insufficient_privilege then
  null; -- nor could it be set
end
$$;
