alter table events_log_pending alter column raw_event_data set compression default;
