-- Makes the packed segments again, empty where `footfall rebuild` has dropped them, and marks every day: the first run of daily-metrics
-- of the previous release fills them.
drop view daily_value_sums, hourly_value_sums;
drop table dictionary, session_rows, daily_values, hourly_values, daily_scroll, daily_forms, daily_form_fields, daily_revenue, rebuilds cascade;
drop index idx_user_events_own, idx_user_events_revenue, idx_visitor_days_of_day;
create index idx_visitor_days_day on visitor_days (site_id, day, previous_day);

create temporary table marked_days on commit drop as select distinct site_id, metric_date from stale_days union select site_id, metric_date from daily_site_metrics;
truncate stale_days;
drop index idx_stale_days;
alter table stale_days drop column is_counted, drop column hour;
alter table stale_days add primary key (site_id, metric_date);
insert into stale_days (site_id, metric_date, marked_at) select site_id, metric_date, now() from marked_days;

create table if not exists daily_dimensions (
  site_id varchar(100) not null,
  dimension varchar(50) not null,
  day date not null,
  value text,
  sessions integer not null,
  pageviews integer not null,
  events integer not null,
  bounces integer not null,
  seconds bigint not null,
  timed integer not null,
  amount numeric not null
);
create index if not exists idx_daily_dimensions on daily_dimensions (site_id, dimension, day);
create table if not exists monthly_dimensions (
  site_id varchar(100) not null,
  dimension varchar(50) not null,
  month date not null,
  value text,
  sessions integer not null,
  pageviews integer not null,
  events integer not null,
  bounces integer not null,
  seconds bigint not null,
  timed integer not null,
  amount numeric not null
);
create index if not exists idx_monthly_dimensions on monthly_dimensions (site_id, dimension, month);
create table if not exists daily_steps (
  site_id varchar(100) not null,
  dimension varchar(50) not null,
  day date not null,
  value text not null,
  count integer not null,
  seconds bigint not null,
  timed integer not null,
  short integer not null,
  sessions integer not null
);
create index if not exists idx_daily_steps_value on daily_steps (site_id, dimension, hashtextextended(value, (0)::bigint), day);
create index if not exists idx_daily_steps_day on daily_steps (site_id, day);
create table if not exists long_sessions (
  site_id varchar(100) not null,
  day date not null,
  session_id varchar(100) not null,
  last_event_at timestamptz not null
);
create index if not exists idx_long_sessions_day on long_sessions (site_id, day);
create index if not exists idx_long_sessions_last on long_sessions (last_event_at);
create table if not exists session_segments (
  site_id varchar(100) not null,
  day date not null,
  segment integer not null,
  sessions integer not null,
  odd bit varying not null,
  bounced bit varying not null,
  pageview_digits bit varying[],
  event_digits bit varying[],
  second_digits bit varying[],
  paths text[] not null,
  primary key (site_id, day, segment)
);
alter table session_segments alter odd set storage external, alter bounced set storage external, alter pageview_digits set storage external, alter event_digits set storage external, alter second_digits set storage external, alter paths set storage external;
comment on column session_segments.segment is '0, 1, … in order of the sessions'' start; of a day with many sessions the even ones are of visitors with an even hash';
create table if not exists session_visitors (
  site_id varchar(100) not null,
  day date not null,
  segment integer not null,
  visitors bigint[] not null,
  started_ms integer[] not null,
  first_days date[] not null,
  primary key (site_id, day, segment)
);
alter table session_visitors alter visitors set storage external, alter started_ms set storage external, alter first_days set storage external;
create table if not exists session_counts (
  site_id varchar(100) not null,
  day date not null,
  segment integer not null,
  pageviews integer[] not null,
  events integer[] not null,
  seconds integer[] not null,
  primary key (site_id, day, segment)
);
alter table session_counts alter pageviews set storage external, alter events set storage external, alter seconds set storage external;
create table if not exists session_values (
  site_id varchar(100) not null,
  day date not null,
  segment integer not null,
  dimension varchar(100) not null,
  hash bigint not null,
  value text,
  rare text[],
  firsts integer[],
  lasts integer[],
  sessions integer not null,
  numbers integer[] not null,
  bits bit varying,
  repeats bit varying[],
  seconds bit varying[],
  timed bit varying[],
  amounts numeric[],
  steps bigint[]
);
alter table session_values alter numbers set storage external, alter bits set storage external, alter repeats set storage external, alter seconds set storage external, alter timed set storage external, alter steps set storage external;
create index if not exists idx_session_values_value on session_values (site_id, dimension, hash, day);
create index if not exists idx_session_values_day on session_values (site_id, day, dimension);
comment on column session_values.numbers is 'Of what a session may have more than once, in a shared row: each further time is -1 - number. With a row of its own, what is only ever counted (scroll depths, forms, properties) has none: bits and repeats say it';
comment on column session_values.steps is 'An element each time, in its lowest 13 bits 1 + the session''s number, then a bit that is set when it is not the first time. Above: of page_step and event_step milliseconds since the session''s start times 1,024, plus the place among the session''s pageviews of a page (0..999), 0 of an event; of page_way two times 22 bits, the pages before and after it, as places in paths (from 1; 0 at the ends); of pages that share a row, 1 + the seconds on it, 0 where they are not known';

-- The days that lie wholly within the last 30 times 24 hours and are rolled up: [starts, ends).
create or replace view rolled_up_days as
select m.site_id, m.metric_date as day, bounds.starts, bounds.ends
from daily_site_metrics m
left join sites s on s.site_id = m.site_id
cross join lateral (
  select m.metric_date::timestamp at time zone coalesce(s.timezone, 'UTC') as starts,
    (m.metric_date + 1)::timestamp at time zone coalesce(s.timezone, 'UTC') as ends
) bounds
where m.metric_date > (now() - interval '32 days')::date and bounds.starts > now() - interval '30 days'
  and not exists (select from stale_days d where d.site_id = m.site_id and d.metric_date = m.metric_date);

-- What else there is since then, of each site that has sessions or pageviews: [starts, ends).
create or replace view stretches_between_rolled_up_days as
with recursive
visited as (
  select min(u.site_id) as site_id from user_sessions u
  union all
  select (select min(u.site_id) from user_sessions u where u.site_id > v.site_id) from visited v where v.site_id is not null
),
viewed as (
  select min(p.site_id) as site_id from pageviews p
  union all
  select (select min(p.site_id) from pageviews p where p.site_id > v.site_id) from viewed v where v.site_id is not null
),
-- Each of these ends where a stretch begins; the first one a moment after what is too old.
ends as (
  select site_id, starts, ends from rolled_up_days
  union all
  select site_id, '-infinity', now() - interval '30 days' + interval '1 microsecond'
  from (select site_id from visited union select site_id from viewed) known
  where site_id is not null
),
stretches as (
  select site_id, ends as starts, coalesce(lead(starts) over (partition by site_id order by starts), 'infinity') as ends
  from ends
)
select site_id, starts, ends from stretches where starts < ends;

-- The sessions with events on several days, and since then, as the facts have it now.
create or replace view recent_long_sessions as
select l.site_id, l.session_id
from long_sessions l
where l.last_event_at > now() - interval '30 days'
union
select u.site_id, u.session_id
from (
  select site_id, starts, ends from stretches_between_rolled_up_days
  union all
  select d.site_id, d.metric_date::timestamp at time zone coalesce(s.timezone, 'UTC'),
    (d.metric_date + 1)::timestamp at time zone coalesce(s.timezone, 'UTC')
  from stale_days d
  left join sites s on s.site_id = d.site_id
) read
left join sites s on s.site_id = read.site_id
cross join lateral (
  select u.site_id, u.session_id, u.session_start, u.last_event_at
  from user_sessions u
  where u.site_id = read.site_id and u.session_start >= read.starts and u.session_start < read.ends
  offset 0
) u
where u.last_event_at > now() - interval '30 days'
  and (u.session_start at time zone coalesce(s.timezone, 'UTC'))::date <> (u.last_event_at at time zone coalesce(s.timezone, 'UTC'))::date;

-- The same as before: what is rolled up, and the facts of the days that are not. A session of one day is counted there; one of
-- several days by itself.
create or replace view page_performance as
with parts as (
  select s.site_id, s.value::varchar(2048) as path, s.count::bigint as views, s.seconds::numeric as seconds, s.timed::bigint as timed,
    s.short::bigint as short, s.sessions::bigint as sessions
  from rolled_up_days r
  join daily_steps s on s.site_id = r.site_id and s.day = r.day and s.dimension = 'page'
  union all
  select v.site_id, v.path, count(*), coalesce(sum(v.time_on_page_seconds), 0), count(v.time_on_page_seconds),
    count(*) filter (where v.time_on_page_seconds < 10), count(distinct v.session_id) filter (where l.session_id is null)
  from stretches_between_rolled_up_days r
  cross join lateral (
    select v.site_id, v.path, v.session_id, v.time_on_page_seconds
    from pageviews v
    where v.site_id = r.site_id and v.view_timestamp >= r.starts and v.view_timestamp < r.ends
    offset 0
  ) v
  left join recent_long_sessions l on l.site_id = v.site_id and l.session_id = v.session_id
  group by v.site_id, v.path
  union all
  select v.site_id, v.path, 0, 0, 0, 0, count(distinct v.session_id)
  from recent_long_sessions l
  cross join lateral (
    select v.site_id, v.path, v.session_id
    from pageviews v
    where v.site_id = l.site_id and v.session_id = l.session_id and v.view_timestamp > now() - interval '30 days'
    offset 0
  ) v
  group by v.site_id, v.path
)
select
  site_id,
  path,
  sum(views)::bigint                   as total_views,
  sum(seconds) / nullif(sum(timed), 0) as avg_time_on_page,
  sum(sessions)::bigint                as unique_sessions,
  sum(short) / sum(views)              as bounce_rate
from parts
group by site_id, path
having sum(views) > 0;

create or replace view traffic_sources as
with packed as (
  select v.site_id, v.day, v.segment, v.value, v.rare, v.firsts, v.lasts, v.numbers || '{}' as numbers,
    g.visitors || '{}' as visitors, c.seconds || '{}' as seconds, c.pageviews || '{}' as pageviews
  from rolled_up_days r
  join session_visitors g on g.site_id = r.site_id and g.day = r.day
  join session_counts c on c.site_id = g.site_id and c.day = g.day and c.segment = g.segment
  join session_values v on v.site_id = g.site_id and v.day = g.day and v.segment = g.segment and v.dimension = 'referrer_type'
  offset 0
),
types as (
  select site_id, value as referrer_type, numbers, visitors, seconds, pageviews from packed where value is not null
  union all
  select site_id, value, numbers[first:last], visitors, seconds, pageviews
  from (
    select site_id, unnest(rare) as value, unnest(firsts) as first, unnest(lasts) as last, numbers, visitors, seconds, pageviews
    from packed where value is null
  ) shared
),
sessions as (
  select site_id, nullif(referrer_type, '')::varchar(50) as referrer_type, visitors[number + 1] as visitor,
    seconds[number + 1] as seconds, pageviews[number + 1] as pageviews
  from (select site_id, referrer_type, unnest(numbers) as number, visitors, seconds, pageviews from types) numbered
  union all
  select u.site_id, u.referrer_type, hashtextextended(u.visitor_id, 0), u.duration_seconds, u.pageview_count
  from stretches_between_rolled_up_days r
  cross join lateral (
    select u.site_id, u.referrer_type, u.visitor_id, u.duration_seconds, u.pageview_count
    from user_sessions u
    where u.site_id = r.site_id and u.session_start >= r.starts and u.session_start < r.ends
    offset 0
  ) u
  offset 0
)
select
  site_id,
  referrer_type,
  count(*)                as sessions,
  count(distinct visitor) as unique_visitors,
  avg(seconds)            as avg_session_duration,
  avg(pageviews)          as avg_pages_per_session
from sessions
group by site_id, referrer_type;

-- The functions that return rows of sessions went with the table: the next migration makes them again.
update schema_procedures set checksum = '' where creates && '{make_session_rows, values_of_row, sessions_starting}';
