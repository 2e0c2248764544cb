drop view traffic_sources;
drop view page_performance;
drop view active_sessions;
