-- 0008_segments: sessions by columns, so that a question with filters about a year reads a few megabytes.
--
-- Why:      a row of session_summaries was 0.57 kB, most of it texts that said the same as the row before, and every filtered
--           question read all of them: two million for a year of five million pageviews. Now a day's sessions are numbered and
--           stand side by side in arrays; each value of a dimension has the numbers of the sessions that have it. A filter
--           becomes a bit a session, and what is asked is looked up by number (etl/README.md has what else was measured).
--           daily_steps holds every page and event name of a day, however rare: goals, and page_performance, are exact by it.
--           visitor_cohorts is what retention adds up. The views page_performance and traffic_sources say the same as before, from
--           what is rolled up.
-- Locks:    session_summaries and the two views exclusively for a moment.
--           Until the next run of daily-metrics has filled the tables, latest days first, questions with filters, funnels,
--           journeys, retention and goals know only the days that it has come to. The others answer as before. A process of
--           the former version that still runs answers questions with filters by an error: restart it.
-- Rollback: 0008_segments.down.sql; the next run of daily-metrics fills session_summaries again.

drop table session_summaries;
drop function if exists summarize_sessions(text, date, date);

-- Up to 4,096 sessions of a site that start on one day, by columns: number 0 is the first element of each.
create table session_segments (
  site_id    varchar(100) not null,
  day        date         not null, -- the site's own
  segment    integer      not null, -- 0, 1, … in order of the sessions' start
  sessions   integer      not null,
  visitors   bigint[]     not null, -- hashes of the visitors' ids
  started_ms integer[]    not null, -- since the day began
  pageviews  integer[]    not null,
  events     integer[]    not null,
  seconds    integer[]    not null,
  paths      text[]       not null, -- of all pages that these sessions viewed; `previous` and `next` are places in this list
  primary key (site_id, day, segment)
);

-- Which sessions of a segment have a value. A value that many have, eight at least and one of 64, has a row of its own; the
-- others of a dimension share one, in which `value` is null, and the lists hold those of the first of `rare`, then those of the
-- second, and so on: `firsts` and `lasts` say from which element to which.
--
-- `numbers` ascend, for each value; of what a session may have more than once (pages, events) the first time stands as its
-- number, each further one as -1 - number.
create table session_values (
  site_id   varchar(100) not null,
  day       date         not null,
  segment   integer      not null,
  dimension varchar(100) not null,
  hash      bigint       not null, -- of the value; 0 of the row that several share
  value     text,
  rare      text[],
  firsts    integer[],
  lasts     integer[],
  sessions  integer      not null, -- how many have it; of a shared row, the sum
  numbers   integer[]    not null,
  bits      bit varying,           -- the same, a bit a session of the segment; of a value with a row of its own

  -- Of pages and events, side by side with the numbers: milliseconds since the session's start times 1,024, plus the place
  -- among the session's pageviews of a page (0..999), 0 of an event.
  moments      bigint[],
  -- Of pages, too: seconds on the page (null where unknown), and the pages before and after it (null at the ends).
  time_on_page integer[],
  previous     integer[],
  next         integer[],
  amounts      numeric[] -- of revenue
);
create index idx_session_values_value on session_values (site_id, dimension, hash, day);
create index idx_session_values_day   on session_values (site_id, day, dimension);

-- To unpack what was packed takes longer than to read a little more.
alter table session_segments
  alter visitors set storage external, alter started_ms set storage external, alter pageviews set storage external,
  alter events set storage external, alter seconds set storage external, alter paths set storage external;
alter table session_values
  alter numbers set storage external, alter bits set storage external, alter moments set storage external,
  alter time_on_page set storage external, alter previous set storage external, alter next set storage external;

-- Every page and every event name of a day, on which it happened.
create table daily_steps (
  site_id   varchar(100) not null,
  dimension varchar(50)  not null, -- page or event
  day       date         not null,
  value     text         not null,
  count     integer      not null,
  -- Of pages:
  seconds   bigint       not null, -- the time on them
  timed     integer      not null, -- how many views `seconds` is of
  short     integer      not null, -- how many of these took less than ten seconds
  sessions  integer      not null  -- of those that have events on no other day
);
create index idx_daily_steps_value on daily_steps (site_id, dimension, hashtextextended(value, 0), day);
create index idx_daily_steps_day   on daily_steps (site_id, day);

-- The sessions that have events on several days, by the one on which they start. They are few, and counted one by one.
create table long_sessions (
  site_id       varchar(100) not null,
  day           date         not null,
  session_id    varchar(100) not null,
  last_event_at timestamptz  not null
);
create index idx_long_sessions_day  on long_sessions (site_id, day);
create index idx_long_sessions_last on long_sessions (last_event_at);

-- How many visitors whose first day was that one came in a week, by the day on which they first did so in that week.
create table visitor_cohorts (
  site_id   varchar(100) not null,
  day       date         not null,
  first_day date         not null,
  visitors  integer      not null
);
create index idx_visitor_cohorts on visitor_cohorts (site_id, day);

-- The days that lie wholly within the last 30 times 24 hours and are rolled up: [starts, ends).
create view rolled_up_days as
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
create view stretches_between_rolled_up_days as
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
create view recent_long_sessions as
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

-- The same as before. Visitors are told apart by the hashes of their ids; with a site, those of a day are two lists to read.
create or replace view traffic_sources as
with packed as (
  select v.site_id, v.day, v.segment, v.value, v.rare, v.firsts, v.lasts, v.numbers || '{}' as numbers,
    g.visitors || '{}' as visitors, g.seconds || '{}' as seconds, g.pageviews || '{}' as pageviews
  from rolled_up_days r
  join session_segments g on g.site_id = r.site_id and g.day = r.day
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

-- What was rolled up before is rolled up again, by the next run of daily-metrics: it fills these tables, too.
insert into stale_days (site_id, metric_date, marked_at)
select site_id, metric_date, now() from daily_site_metrics
on conflict (site_id, metric_date) do nothing;
