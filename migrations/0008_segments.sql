-- 0008_segments: sessions by columns, so that a question with filters about a year reads a few megabytes.
--
-- Why:      a row of session_summaries was 0.57 kB, most of it texts that said the same as the row before, and every filtered
--           question read all of them: two million for a year of five million pageviews. Now a day's sessions are numbered and
--           stand side by side in arrays; each value of a dimension has the numbers of the sessions that have it. A filter
--           becomes a bit a session, and what is asked is looked up by number (etl/README.md has what else was measured).
--           daily_steps holds every page and event name of a day, however rare: goals, and page_performance, are exact by it.
--           visitor_cohorts is what retention adds up.
-- Locks:    session_summaries exclusively for a moment, and the two views.
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
  -- Of pages, too: seconds on the page (null where unknown); the number of the path, and of those before and after it (null at
  -- the ends), among the paths of the segment.
  time_on_page integer[],
  pages        integer[],
  previous     integer[],
  next         integer[],
  amounts      numeric[] -- of revenue
);
create index idx_session_values_value on session_values (site_id, dimension, hash, day);
create index idx_session_values_day   on session_values (site_id, day, dimension);

-- To unpack what was packed takes longer than to read a little more.
alter table session_segments
  alter visitors set storage external, alter started_ms set storage external, alter pageviews set storage external,
  alter events set storage external, alter seconds set storage external;
alter table session_values
  alter numbers set storage external, alter bits set storage external, alter moments set storage external,
  alter time_on_page set storage external, alter pages set storage external, alter previous set storage external,
  alter next set storage external;

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
  sessions  integer      not null  -- of those whose first and last event lie on this day
);
create index idx_daily_steps_value on daily_steps (site_id, dimension, hashtextextended(value, 0), day);
create index idx_daily_steps_day   on daily_steps (site_id, day);

-- How many visitors whose first day was that one came in a week, by the day on which they first did so in that week.
create table visitor_cohorts (
  site_id   varchar(100) not null,
  day       date         not null,
  first_day date         not null,
  visitors  integer      not null
);
create index idx_visitor_cohorts on visitor_cohorts (site_id, day);

-- What was rolled up before is rolled up again, by the next run of daily-metrics: it fills these tables, too.
insert into stale_days (site_id, metric_date, marked_at)
select site_id, metric_date, now() from daily_site_metrics
on conflict (site_id, metric_date) do nothing;
