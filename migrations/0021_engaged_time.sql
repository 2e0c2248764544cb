-- 0021_engaged_time: the time for which pages and sessions were used, and durations without what is idle.
--
-- Why:      a tab that is left open overnight made a session of hours, and one session that goes on after weeks moved the mean of a whole
--           site. The engaged time that trackers send gets columns of its own.
-- Locks:    pageviews, user_sessions, session_rows and the roll-ups exclusively, for a moment: the columns have no values, or a constant
--           default, so no table is rewritten.
--           A rebuild computes the times of what there is from the facts, the latest sessions first; the jobs go on with it, or
--           `footfall rebuild` does all of it. Until then older days show durations as they were.
-- Rollback: 0021_engaged_time.down.sql drops the columns. Times that were computed meanwhile stay.

do $$
begin
  perform set_config('lock_timeout', '200ms', true);
  for attempt in 1..600 loop
    begin
      -- All at once: a batch, or a question, that holds one of them while it waits for another would wait for us in a circle.
      lock table user_sessions, pageviews, session_rows, hourly_site_metrics, daily_values, hourly_values, active_sessions
        in access exclusive mode;
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

alter table pageviews add column engaged_seconds integer;     -- as the page_exit says; null where none does
alter table user_sessions add column engaged_seconds integer; -- of its pageviews; null where none has one
-- The sum of its gaps of more than 30 minutes; null where nobody has looked yet.
alter table user_sessions add column idle interval;
-- It has the columns that the table had when it was made.
drop view active_sessions;
create view active_sessions as
select s.*, now() - s.session_start as session_age
from user_sessions s
where s.session_end is null
  and coalesce(s.last_event_at, s.session_start) > now() - interval '30 minutes';
alter table session_rows add column page_engaged integer[];   -- beside page_ids; null where no page has an engaged time

-- Of the sessions (in the rows of pages: of the pageviews) that have an engaged time: its sum, and how many they are.
alter table hourly_site_metrics
  add column engaged bigint not null default 0,
  add column measured integer not null default 0;
alter table daily_values add column engaged bigint[], add column measured integer[];
alter table hourly_values add column engaged bigint[], add column measured integer[];

create or replace view daily_value_sums as
select d.site_id, d.dimension, d.day, v.*
from daily_values d
cross join lateral unnest(d.value_ids, d.sessions, d.pageviews, d.events, d.bounces, d.seconds, d.timed, d.engaged, d.measured)
  as v(value_id, sessions, pageviews, events, bounces, seconds, timed, engaged, measured);

create or replace view hourly_value_sums as
select h.site_id, h.dimension, h.day, h.hour, v.*
from hourly_values h
cross join lateral unnest(h.value_ids, h.sessions, h.pageviews, h.events, h.bounces, h.seconds, h.timed, h.engaged, h.measured)
  as v(value_id, sessions, pageviews, events, bounces, seconds, timed, engaged, measured);

-- In the place of one that is under way, perhaps of a part only.
with gone as (
  delete from rebuilds where finished_at is null returning is_upgrade
)
insert into rebuilds (starts, ends, reached, definitions, is_upgrade)
select greatest(month, earliest), month_end, month_end, 1, coalesce((select bool_or(is_upgrade) from gone), false)
from (
  select earliest, month, coalesce(lead(month) over (order by month), 'infinity') as month_end
  from (select min(session_start) as earliest, max(session_start) as latest from user_sessions) s,
    generate_series(date_trunc('month', earliest), latest, interval '1 month') as month
) months;
