drop table daily_site_metrics;
drop table form_submissions;
drop table user_events;
drop table pageviews;
drop table user_sessions;
drop sequence imported_row_id_seq;
