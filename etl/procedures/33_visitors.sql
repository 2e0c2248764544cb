-- Who was there on which day, and when before.
--
-- Reads:  session_rows (visitors_of_days).
-- Writes: visitor_days, visitor_returns, visitor_cohorts.
-- Makes and drops the temporary tables seen_visitors, moved_visitors and visitor_lines; no other function reads them.

-- Brings the visitors of some days of a site up to date, and what their other days say of them.
--
-- visitor_days has for each visitor and day the visitor's day before it and the first of all; visitor_returns and visitor_cohorts
-- count these, so that a range of days is counted by adding: of a visitor's days in the range just one has none before it there.
create or replace function roll_up_visitors(site text, days date[]) returns void
language plpgsql
-- A table that was empty a moment ago has no statistics: it would be read once for each visitor.
set enable_seqscan = off
as $$
declare
  v_changed date[];
begin
  create temporary table seen_visitors as select distinct day, visitor from visitors_of_days(site, days);
  analyze seen_visitors;
  create temporary table moved_visitors as
  select visitor, day, s.visitor is not null as is_new
  from seen_visitors s
  full join (select visitor, day from visitor_days where site_id = site and day = any (days)) d using (visitor, day)
  where s.visitor is null or d.visitor is null;
  analyze moved_visitors;
  -- Here and below `offset 0`: each visitor's lines are found by key, never by a join of two tables of which nothing is known.
  delete from visitor_days where ctid = any (array(
    select d.ctid
    from moved_visitors m
    cross join lateral (select d.ctid, d.day from visitor_days d where d.site_id = site and d.visitor = m.visitor offset 0) d
    where not m.is_new and d.day = m.day
  ));

  -- All days of the visitors who came or went on one of these.
  create temporary table visitor_lines as
  select visitor, day, lag(day) over line as previous_day, min(day) over line as first_day
  from (
    select d.visitor, d.day
    from (select distinct visitor from moved_visitors) m
    cross join lateral (select * from visitor_days d where d.site_id = site and d.visitor = m.visitor offset 0) d
    union
    select visitor, day from moved_visitors where is_new
  ) known
  window line as (partition by visitor order by day);
  delete from visitor_lines l
  where exists (
    select from (select * from visitor_days d where d.site_id = site and d.visitor = l.visitor offset 0) d
    where d.day = l.day and (d.previous_day, d.first_day) is not distinct from (l.previous_day, l.first_day)
  );
  insert into visitor_days (site_id, visitor, day, previous_day, first_day)
  select site, visitor, day, previous_day, first_day from visitor_lines
  on conflict (site_id, visitor, day) do update set previous_day = excluded.previous_day, first_day = excluded.first_day;

  v_changed := array(select unnest(days) union select day from visitor_lines);
  perform count_visitor_days(site, v_changed);
  drop table seen_visitors, moved_visitors, visitor_lines;
end
$$;

-- Counts visitor_days of some days of a site: how many visitors were last seen on which day, and how many of those whom the week has
-- not seen yet came first on which day.
create or replace function count_visitor_days(site text, days date[]) returns void
language sql as $$
  delete from visitor_returns where site_id = site and day = any (days);
  insert into visitor_returns (site_id, day, previous_day, visitors)
  select site, day, previous_day, count(*)
  from visitor_days
  where site_id = site and day = any (days)
  group by day, previous_day;
  delete from visitor_cohorts where site_id = site and day = any (days);
  insert into visitor_cohorts (site_id, day, first_day, visitors)
  select site, day, first_day, count(*)
  from visitor_days
  where site_id = site and day = any (days)
    and (previous_day is null or previous_day < date_trunc('week', day::timestamp)::date)
  group by day, first_day;
$$;
