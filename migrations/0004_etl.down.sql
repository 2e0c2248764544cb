drop table failed_events;
drop table stale_days;
drop table job_runs;
