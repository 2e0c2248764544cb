-- The sites keep their cities.
alter function add_events_log_months(timestamptz, timestamptz) reset datestyle;
