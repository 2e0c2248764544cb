create table new_visitors (
  site_id  varchar(100) not null,
  day      date         not null,
  visitors bigint[]     not null,
  primary key (site_id, day)
);
alter table new_visitors alter visitors set storage external;
insert into new_visitors (site_id, day, visitors)
select site_id, day, array_agg(visitor order by visitor)
from visitor_days
where previous_day is null
group by site_id, day;

alter table session_segments drop column odd, drop column first_days;
comment on column session_segments.segment is null;

-- The former version numbers sessions otherwise.
insert into stale_days (site_id, metric_date, marked_at)
select site_id, metric_date, now() from daily_site_metrics
on conflict (site_id, metric_date) do nothing;
