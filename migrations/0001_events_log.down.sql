drop function add_events_log_months(timestamptz, timestamptz);
drop table events_log;
drop table visitor_salts;
drop table user_agents;
drop table sites;
