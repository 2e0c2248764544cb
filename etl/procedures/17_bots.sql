-- Bots: their events make no rows, they are only counted.
--
-- Reads:  sites, the temporary table batch_events (15_process_events.sql); of older releases' sessions all tables of facts.
-- Writes: bot_days, by way of the temporary table left_out; remove_bot_sessions deletes facts and session rows, and marks their days.

-- Whether an event that this bot sent is left out. Sites may count bots (sites.count_bots); a site that was never added does not.
create or replace function is_left_out(site text, bot text) returns boolean
language sql stable as $$
  select bot is not null and not exists (select from sites s where s.site_id = site and s.count_bots)
$$;

-- Takes the bots' events out of the batch, and notes them in left_out. Those that cannot be used are set aside like all others.
create or replace function leave_out_bots() returns void
language plpgsql as $$
begin
  if not exists (select from batch_events where bot is not null) then
    return;
  end if;
  with gone as (
    delete from batch_events
    where bot is not null and reason is null and site_id not in (select s.site_id from sites s where s.count_bots)
    returning site_id, bot, event_timestamp, is_interaction
  )
  insert into left_out (site_id, bot, at, is_pageview)
  select site_id, bot, event_timestamp, not is_interaction from gone;
end
$$;

-- The most bots that a day of a site may name. A user agent may say anything, and the table is to stay small.
create or replace function most_bots() returns integer
language sql immutable parallel safe as $$
  select 200
$$;

-- Adds what is noted in left_out to bot_days. In order, so that two batches never wait for each other in a circle.
create or replace function count_bots() returns void
language plpgsql as $$
begin
  insert into bot_days as known (site_id, day, bot, pageviews, events)
  select site_id, day, name, sum(pageviews), sum(events)
  from (
    select c.site_id, c.day, c.pageviews, c.events,
      case
        when k.bot is not null
          or row_number() over (partition by c.site_id, c.day order by k.bot is not null, c.bot) + d.bots <= most_bots() then c.bot
        else 'other'
      end as name
    from (
      select l.site_id, (l.at at time zone coalesce(s.timezone, 'UTC'))::date as day, l.bot,
        count(*) filter (where l.is_pageview) as pageviews, count(*) filter (where not l.is_pageview) as events
      from left_out l
      left join sites s on s.site_id = l.site_id
      group by 1, 2, 3
    ) c
    left join bot_days k on k.site_id = c.site_id and k.day = c.day and k.bot = c.bot
    cross join lateral (select count(*) as bots from bot_days d where d.site_id = c.site_id and d.day = c.day) d
  ) named
  group by site_id, day, name
  order by site_id, day, name
  on conflict (site_id, day, bot) do update set
    pageviews = known.pageviews + excluded.pageviews,
    events    = known.events + excluded.events;
end
$$;

-- The sessions of a site that start in [starts, ends) and are bots', as older releases have counted them: by the user agent of their
-- entry (`agents`, and beside them whose they are), or by the host of its referrer.
create or replace function sessions_of_bots(
  site text, starts timestamptz, ends timestamptz, agents text[], names text[], hosts text[]
)
returns table (session_id varchar(100), session_start timestamptz, bot text, pageview_count integer, event_count integer)
language sql stable as $$
  select u.session_id, u.session_start, coalesce(a.name, 'referrer spam'), u.pageview_count, u.event_count
  from user_sessions u
  left join unnest(agents, names) as a(user_agent, name) on a.user_agent = u.user_agent
  where u.site_id = site and u.session_start >= starts and u.session_start < ends
    and (a.name is not null or u.referrer_type is distinct from 'internal' and url_host(u.original_referrer) = any (hosts))
    and is_left_out(site, 'any')
$$;

-- Moves the facts of sessions to bot_days: these count there, and are deleted. Their days are marked.
create or replace function remove_sessions(site text, sessions text[], names text[]) returns void
language plpgsql as $$
begin
  perform mark_session_days(array_fill(site, array[cardinality(sessions)]), sessions);
  create temporary table left_out as
  select v.site_id, n.name as bot, v.view_timestamp as at, true as is_pageview
  from unnest(sessions, names) as n(session_id, name)
  join pageviews v on v.site_id = site and v.session_id = n.session_id
  union all
  select e.site_id, n.name, e.event_timestamp, false
  from unnest(sessions, names) as n(session_id, name)
  join user_events e on e.site_id = site and e.session_id = n.session_id;
  perform count_bots();
  drop table left_out;
  -- First, since a rebuild that writes one of their rows holds it: the row is there once that has ended.
  delete from user_sessions where site_id = site and session_id = any (sessions);
  delete from session_rows where site_id = site and session_id = any (sessions);
  delete from pageviews where site_id = site and session_id = any (sessions);
  delete from user_events where site_id = site and session_id = any (sessions);
  delete from form_submissions where site_id = site and session_id = any (sessions);
end
$$;

-- Removes the bots' among the next `most` sessions of a site, the earliest first. Returns how many it removed, and where the next
-- sessions start; null where none are left. The ETL waits meanwhile: a batch may be adding to one of them.
create or replace function remove_sessions_of_bots(
  site text, starts timestamptz, ends timestamptz, agents text[], names text[], hosts text[], most integer,
  out removed integer, out reached timestamptz
)
language plpgsql as $$
declare
  v_sessions text[];
  v_names    text[];
begin
  perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
  select max(next.session_start) + interval '1 microsecond' into reached
  from (
    select u.session_start from user_sessions u
    where u.site_id = site and u.session_start >= starts and u.session_start < ends
    order by u.session_start limit most
  ) next;
  select array_agg(s.session_id), array_agg(s.bot) into v_sessions, v_names
  from sessions_of_bots(site, starts, reached, agents, names, hosts) s;
  removed := coalesce(cardinality(v_sessions), 0);
  if removed > 0 then
    perform remove_sessions(site, v_sessions, v_names);
  end if;
end
$$;
