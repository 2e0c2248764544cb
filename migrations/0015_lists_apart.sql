-- 0015_lists_apart: lists that few questions read stand apart from those that many do.
--
-- Why:      with nothing in memory a funnel of a year read 130 to 310 MB from the disk, of which it needed 40: what it asks for stood
--           beside other lists of the same rows. Now a session's own figures are in session_visitors and session_counts, so that
--           session_segments has only bits. What happened when, and before and after which page, is in rows of its own of
--           session_values, a number each in the place of two and three lists; by dimension they stand side by side.
-- Locks:    the ETL and the jobs wait for all of it, about 13 seconds a million sessions; session_segments, session_values and the
--           view traffic_sources are replaced at its end. Questions answer as before and after. A process of the former version that
--           still runs answers those with filters, funnels, journeys and visitors of values by an error afterwards: restart it.
-- Rollback: 0015_lists_apart.down.sql puts them together again.

do $$
begin
  -- Whoever rolls up waits.
  perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
end
$$;

-- A segment's sessions by columns: number 0 is the first element of each. Who came, and when.
create table session_visitors (
  site_id    varchar(100) not null,
  day        date         not null,
  segment    integer      not null,
  visitors   bigint[]     not null, -- hashes of the visitors' ids
  started_ms integer[]    not null, -- since the day began
  first_days date[]       not null, -- the visitors' first days of all
  primary key (site_id, day, segment)
);
-- To unpack what was packed takes longer than to read a little more: `|| '{}'` below unpacks what was.
alter table session_visitors
  alter visitors set storage external, alter started_ms set storage external, alter first_days set storage external;
insert into session_visitors (site_id, day, segment, visitors, started_ms, first_days)
select site_id, day, segment, visitors || '{}', started_ms || '{}', first_days || '{}'
from session_segments
order by site_id, day, segment;

-- The same; what they did.
create table session_counts (
  site_id   varchar(100) not null,
  day       date         not null,
  segment   integer      not null,
  pageviews integer[]    not null,
  events    integer[]    not null,
  seconds   integer[]    not null,
  primary key (site_id, day, segment)
);
alter table session_counts
  alter pageviews set storage external, alter events set storage external, alter seconds set storage external;
insert into session_counts (site_id, day, segment, pageviews, events, seconds)
select site_id, day, segment, pageviews || '{}', events || '{}', seconds || '{}'
from session_segments
order by site_id, day, segment;

-- Up to 4,096 sessions of a site that start on one day, by bits.
create table narrow_segments (
  site_id         varchar(100),
  day             date,          -- the site's own
  segment         integer,
  sessions        integer,
  odd             bit varying,   -- the sessions whose visitor's hash is odd
  bounced         bit varying,   -- the sessions with less than two pageviews
  pageview_digits bit varying[], -- each element a digit, the ones first: a bit a session. Null where all are 0
  event_digits    bit varying[],
  second_digits   bit varying[],
  paths           text[]         -- of all pages that these sessions viewed; a way's pages are places in this list
);
alter table narrow_segments
  alter odd set storage external, alter bounced set storage external, alter pageview_digits set storage external,
  alter event_digits set storage external, alter second_digits set storage external, alter paths set storage external;
insert into narrow_segments (
  site_id, day, segment, sessions, odd, bounced, pageview_digits, event_digits, second_digits, paths
)
select site_id, day, segment, sessions, odd, bounced, pageview_digits, event_digits, second_digits, paths
from session_segments
order by site_id, day, segment;

-- Which sessions of a segment have a value. A value that many have, eight at least and one of 64, has a row of its own; the
-- others of a dimension share one, in which `value` is null, and the lists hold those of the first of `rare`, then those of the
-- second, and so on: `firsts` and `lasts` say from which element to which.
create table narrow_values (
  site_id      varchar(100),
  day          date,
  segment      integer,
  dimension    varchar(100),  -- of a page's or an event's `steps`: page_step, page_way and event_step
  hash         bigint,        -- of the value; 0 of the row that several share
  value        text,
  rare         text[],
  firsts       integer[],
  lasts        integer[],
  sessions     integer,       -- how many have it; of a shared row, the sum
  numbers      integer[],     -- of these sessions, ascending for each value
  bits         bit varying,   -- the same, a bit a session of the segment
  repeats      bit varying[], -- how often each session has the value, less the first time, as digits
  seconds      bit varying[], -- of pages: the time on them
  timed        bit varying[], -- of pages: how many views `seconds` is of
  time_on_page integer[],     -- of pages that share a row, side by side with the numbers (null where unknown)
  amounts      numeric[],     -- of revenue, side by side with the numbers
  steps        bigint[]
);
comment on column narrow_values.numbers is
  'Of what a session may have more than once, in a shared row: each further time is -1 - number. With a row of its own, what is only ever counted (scroll depths, forms, properties) has none: bits and repeats say it';
comment on column narrow_values.steps is
  'An element each time, in its lowest 13 bits 1 + the session''s number, then a bit that is set when it is not the first time. Above: of page_step and event_step milliseconds since the session''s start times 1,024, plus the place among the session''s pageviews of a page (0..999), 0 of an event; of page_way two times 22 bits, the pages before and after it, as places in paths (from 1; 0 at the ends)';
alter table narrow_values
  alter numbers set storage external, alter bits set storage external, alter repeats set storage external,
  alter seconds set storage external, alter timed set storage external, alter time_on_page set storage external,
  alter steps set storage external;

insert into narrow_values (
  site_id, day, segment, dimension, hash, value, rare, firsts, lasts, sessions, numbers, bits, repeats, seconds, timed,
  time_on_page, amounts, steps
)
select site_id, day, segment, dimension, hash, value, rare, firsts, lasts, sessions,
  case when value is not null and dimension in ('page', 'event') then array(select number from unnest(numbers) as number where number >= 0)
    else numbers || '{}' end,
  bits, repeats, seconds, timed, time_on_page, amounts, null
from session_values
union all
select site_id, day, segment, dimension || '_step', hash, value, rare, firsts, lasts, sessions, '{}', null, null, null, null, null, null,
  array(
    select moment << 14 | case when number < 0 then 8192 - number else number + 1 end
    from unnest(numbers, moments) with ordinality as element(number, moment, place)
    order by place
  )
from session_values
where dimension in ('page', 'event')
union all
select site_id, day, segment, 'page_way', hash, value, rare, firsts, lasts, sessions, '{}', null, null, null, null, null, null,
  array(
    select (coalesce(before, 0)::bigint << 22 | coalesce(after, 0)) << 14 | case when number < 0 then 8192 - number else number + 1 end
    from unnest(numbers, previous, next) with ordinality as element(number, before, after, place)
    order by place
  )
from session_values
where dimension = 'page'
order by site_id, dimension, hash, day, segment;

-- In the place of the former tables, whose view goes with them.
drop view traffic_sources;
drop table session_segments, session_values;
alter table narrow_segments rename to session_segments;
alter table session_segments
  alter site_id set not null, alter day set not null, alter segment set not null, alter sessions set not null,
  alter odd set not null, alter bounced set not null, alter paths set not null;
alter table session_segments add primary key (site_id, day, segment);
comment on column session_segments.segment is
  '0, 1, … in order of the sessions'' start; of a day with many sessions the even ones are of visitors with an even hash';
alter table narrow_values rename to session_values;
alter table session_values
  alter site_id set not null, alter day set not null, alter segment set not null, alter dimension set not null,
  alter hash set not null, alter sessions set not null, alter numbers set not null;
create index idx_session_values_value on session_values (site_id, dimension, hash, day);
create index idx_session_values_day   on session_values (site_id, day, dimension);

-- The same as before.
create view traffic_sources as
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
