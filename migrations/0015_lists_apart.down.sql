do $$
begin
  perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
end
$$;
drop view traffic_sources;
alter table session_segments
  add column visitors   bigint[],
  add column started_ms integer[],
  add column pageviews  integer[],
  add column events     integer[],
  add column seconds    integer[],
  add column first_days date[];
alter table session_segments
  alter visitors set storage external, alter started_ms set storage external, alter pageviews set storage external,
  alter events set storage external, alter seconds set storage external, alter first_days set storage external;
update session_segments t
set visitors = l.visitors, started_ms = l.started_ms, first_days = l.first_days,
  pageviews = c.pageviews, events = c.events, seconds = c.seconds
from session_visitors l
join session_counts c using (site_id, day, segment)
where l.site_id = t.site_id and l.day = t.day and l.segment = t.segment;
alter table session_segments
  alter visitors set not null, alter started_ms set not null, alter pageviews set not null, alter events set not null,
  alter seconds set not null, alter first_days set not null;
drop table session_visitors, session_counts;

alter table session_values
  add column moments  bigint[],
  add column previous integer[],
  add column next     integer[];
alter table session_values
  alter moments set storage external, alter previous set storage external, alter next set storage external;
update session_values v
set moments = s.moments, numbers = s.numbers
from (
  select site_id, day, segment, dimension, hash, value,
    array(select step >> 14 from unnest(steps) with ordinality as element(step, place) order by place) as moments,
    array(
      select case when step & 8192 = 0 then (step & 8191) - 1 else -(step & 8191) end
      from unnest(steps) with ordinality as element(step, place) order by place
    ) as numbers
  from session_values
  where dimension in ('page_step', 'event_step')
) s
where s.site_id = v.site_id and s.day = v.day and s.segment = v.segment and s.dimension = v.dimension || '_step'
  and s.hash = v.hash and s.value is not distinct from v.value;
update session_values v
set previous = s.previous, next = s.next
from (
  select site_id, day, segment, hash, value,
    array(select nullif(step >> 36, 0) from unnest(steps) with ordinality as element(step, place) order by place) as previous,
    array(select nullif(step >> 14 & 4194303, 0) from unnest(steps) with ordinality as element(step, place) order by place) as next
  from session_values
  where dimension = 'page_way'
) s
where s.site_id = v.site_id and s.day = v.day and s.segment = v.segment and v.dimension = 'page'
  and s.hash = v.hash and s.value is not distinct from v.value;
delete from session_values where dimension in ('page_step', 'page_way', 'event_step');
alter table session_values drop column steps;
comment on column session_values.numbers is
  'With a row of its own, what is only ever counted (scroll depths, forms, properties) has none: bits and repeats say it';
comment on column session_values.time_on_page is 'Of pages that share a row; of the others seconds and timed say it';

create view traffic_sources as
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
