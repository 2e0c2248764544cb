-- Everything that questions are answered from, for some days of some sites. roll_up_days calls it: what is stale for the daily
-- metrics is stale here, so all of them converge alike.
--
-- A month of a site at a time: the sets stay of a size that fits the memory, and plans of a few days are those of one.
create or replace function roll_up_stats(sites text[], days date[]) returns void
language plpgsql
set jit = off
set work_mem = '64MB'
set plan_cache_mode = force_custom_plan
as $$
declare
  v_part record;
begin
  for v_part in
    select site_id, array_agg(distinct metric_date order by metric_date) as days
    from unnest(sites, days) as pair(site_id, metric_date)
    group by site_id, date_trunc('month', metric_date)
    order by site_id, date_trunc('month', metric_date)
  loop
    perform summarize_sessions(v_part.site_id, v_part.days);
    perform roll_up_hours(v_part.site_id, v_part.days);
    perform roll_up_dimensions(v_part.site_id, v_part.days);
    perform roll_up_properties(v_part.site_id, v_part.days);
    perform roll_up_visitors(v_part.site_id, v_part.days);
  end loop;
end
$$;
