-- 0023_bounces: an event of the site's own ends a bounce, and sessions without a pageview are none.
--
-- Why:      a visitor who signed up on the first page was a bounce, and so was every session that a server sent events of. Session rows
--           say whether a session is one, and roll-ups count the sessions that the rate is of.
-- Locks:    session_rows and the roll-ups exclusively, for a moment: the columns have no values, or a constant default, so no table is
--           rewritten.
--           A rebuild decides it for each session that there is, the latest first; the jobs go on with it, or `footfall rebuild` does all
--           of it. Until then days that it has not come to have no bounce rate.
-- Rollback: 0023_bounces.down.sql drops the columns. What was decided of sessions stays.

do $$
begin
  perform set_config('lock_timeout', '200ms', true);
  for attempt in 1..600 loop
    begin
      -- All at once: a batch, or a question, that holds one of them while it waits for another would wait for us in a circle.
      lock table session_rows, hourly_site_metrics, daily_values, hourly_values in access exclusive mode;
      exit;
    exception when lock_not_available then
      if attempt = 600 then
        raise exception 'the tables were in use for five minutes: end what reads them (pg_stat_activity), and migrate again'
          using errcode = 'lock_not_available';
      end if;
      perform pg_sleep(0.3);
    end;
  end loop;
  perform set_config('lock_timeout', '0', true);
end
$$;

alter table session_rows add column bounced boolean not null default false;

-- How many of the sessions have a pageview.
alter table hourly_site_metrics add column viewed integer not null default 0;
alter table daily_values add column viewed integer[];
alter table hourly_values add column viewed integer[];

create or replace view daily_value_sums as
select d.site_id, d.dimension, d.day, v.*
from daily_values d
cross join lateral unnest(d.value_ids, d.sessions, d.pageviews, d.events, d.bounces, d.seconds, d.timed, d.engaged, d.measured, d.viewed)
  as v(value_id, sessions, pageviews, events, bounces, seconds, timed, engaged, measured, viewed);

create or replace view hourly_value_sums as
select h.site_id, h.dimension, h.day, h.hour, v.*
from hourly_values h
cross join lateral unnest(h.value_ids, h.sessions, h.pageviews, h.events, h.bounces, h.seconds, h.timed, h.engaged, h.measured, h.viewed)
  as v(value_id, sessions, pageviews, events, bounces, seconds, timed, engaged, measured, viewed);

-- In the place of one that is under way, perhaps of a part only.
with gone as (
  delete from rebuilds where finished_at is null returning is_upgrade
)
insert into rebuilds (starts, ends, reached, definitions, is_upgrade)
select greatest(month, earliest), month_end, month_end, 2, coalesce((select bool_or(is_upgrade) from gone), false)
from (
  select earliest, month, coalesce(lead(month) over (order by month), 'infinity') as month_end
  from (select min(session_start) as earliest, max(session_start) as latest from user_sessions) s,
    generate_series(date_trunc('month', earliest), latest, interval '1 month') as month
) months;
