-- 0014_visitor_halves: a day's sessions stand in segments by their visitor's hash, odd or even, each with its visitor's first day.
--
-- Why:      questions that tell visitors apart took up to two seconds of a year of two million sessions, on one core. Now each of two
--           connections tells half of the visitors apart, and neither reads what the other one does. Retention with filters looked
--           each session's visitor up among a million newcomers; now the session says when its visitor came first, so
--           new_visitors goes.
-- Locks:    the ETL and the jobs wait while what the new columns hold is found, about six seconds a million sessions; then
--           session_segments exclusively, while its rows are written with them. Questions answer as before afterwards; until
--           daily-metrics has rolled up their days again, latest first, those that tell visitors apart take longer. A process of
--           the former version that still runs answers retention with filters by an error: restart it.
-- Rollback: 0014_visitor_halves.down.sql makes new_visitors again.

do $$
begin
  -- Whoever rolls up waits.
  perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
end
$$;
create temporary table found_visitors on commit drop as
select g.site_id, g.day, g.segment, string_agg((s.visitor & 1)::text, '' order by s.number)::bit varying as odd,
  array_agg(d.first_day order by s.number) as first_days
from session_segments g
cross join lateral unnest(g.visitors) with ordinality as s(visitor, number)
left join visitor_days d on d.site_id = g.site_id and d.visitor = s.visitor and d.day = g.day
group by g.site_id, g.day, g.segment;

alter table session_segments
  add column odd        bit varying, -- the sessions whose visitor's hash is odd
  add column first_days date[];      -- the visitors' first days of all
alter table session_segments
  alter odd set storage external, alter first_days set storage external;
comment on column session_segments.segment is
  '0, 1, … in order of the sessions'' start; of a day with many sessions the even ones are of visitors with an even hash';

-- What is there is right as it stands: only which segment a session is in is to change.
update session_segments t set odd = f.odd, first_days = f.first_days
from found_visitors f
where t.site_id = f.site_id and t.day = f.day and t.segment = f.segment;
alter table session_segments
  alter odd set not null, alter first_days set not null;
drop table new_visitors;

insert into stale_days (site_id, metric_date, marked_at)
select site_id, metric_date, now() from daily_site_metrics
on conflict (site_id, metric_date) do nothing;
