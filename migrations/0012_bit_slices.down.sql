drop table new_visitors;
truncate session_values, session_segments;
alter table session_segments drop column bounced, drop column pageview_digits, drop column event_digits, drop column second_digits;
alter table session_values drop column repeats, drop column seconds, drop column timed;
comment on column session_values.numbers is null;
comment on column session_values.time_on_page is null;

-- The former version fills it again.
insert into stale_days (site_id, metric_date, marked_at)
select site_id, metric_date, now() from daily_site_metrics
on conflict (site_id, metric_date) do nothing;
