-- Everything that questions are answered from, for some days of some sites. roll_up_days calls it: what is stale for the daily
-- metrics is stale here, so all of them converge alike.
--
-- A stretch of days of one site and month at a time: bounds that the planner knows make it read just these days, and the sets
-- stay of a size that fits the memory.
create or replace function roll_up_stats(sites text[], days date[]) returns void
language plpgsql
set jit = off
set work_mem = '64MB'
set plan_cache_mode = force_custom_plan
-- Whoever calls may have switched them off, and what is joined here is large.
set enable_hashjoin = on
set enable_mergejoin = on
as $$
declare
  v record;
begin
  for v in
    select site_id, min(day) as first_day, max(day) as last_day
    from (
      -- Days in a row have the same distance to their number.
      select site_id, day, date_trunc('month', day) as month,
        day - (row_number() over (partition by site_id order by day))::integer as stretch
      from (select distinct pair.site_id, pair.day from unnest(sites, days) as pair(site_id, day)) stale
    ) numbered
    group by site_id, month, stretch
    order by site_id, min(day)
  loop
    perform read_started_sessions(v.site_id, v.first_day, v.last_day);
    perform roll_up_visitors(v.site_id, v.first_day, v.last_day);
    perform pack_segments(v.site_id, v.first_day, v.last_day);
    perform pack_session_values(v.site_id, v.first_day, v.last_day);
    perform roll_up_hours(v.site_id, v.first_day, v.last_day);
    perform roll_up_dimensions(v.site_id, v.first_day, v.last_day);
    perform roll_up_steps(v.site_id, v.first_day, v.last_day);
    perform roll_up_properties(v.site_id, v.first_day, v.last_day);
    drop table started_sessions, session_pages, session_events;
  end loop;
end
$$;
