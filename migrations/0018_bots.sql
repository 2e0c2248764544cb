-- 0018_bots: which events are bots', how many of them no figure counts, and sites that count them all the same.
--
-- Why:      the collector says of each event whether a bot sent it, and the ETL makes rows of the others only. Of what it leaves out,
--           a table counts the events by site, day and bot.
-- Locks:    events_log with all its partitions, and sites, exclusively, for the moment that columns without
--           a rewrite take. The locks are asked for a fifth of a second at a time, so that the collector never waits behind us for
--           somebody who reads for minutes.
--           What was collected before has no verdict, and counts as before; `footfall rebuild --without-bots` removes such sessions.
-- Rollback: 0018_bots.down.sql forgets verdicts and counts. What was left out is in no table then, but in events_log for as long as
--           its retention.

do $$
begin
  perform set_config('lock_timeout', '200ms', true);
  for attempt in 1..600 loop
    begin
      lock table events_log, sites in access exclusive mode;
      exit;
    exception when lock_not_available then
      if attempt = 600 then
        raise exception 'events_log or sites was in use for five minutes: end what reads it (pg_stat_activity), and migrate again'
          using errcode = 'lock_not_available';
      end if;
      perform pg_sleep(0.3);
    end;
  end loop;
  perform set_config('lock_timeout', '0', true);
end
$$;

alter table events_log add column bot varchar(50);
comment on column events_log.bot is
  'the bot that sent it: as its user agent says, else webdriver, data centre or referrer spam; null for people and servers, and before 0018';
alter table sites add column count_bots boolean not null default false;

create table bot_days (
  site_id   varchar(100) not null,
  day       date         not null, -- the site's own day, by sites.timezone
  bot       varchar(50)  not null, -- as events_log.bot; other: beyond the 200 names that a day may have
  pageviews bigint       not null,
  events    bigint       not null, -- all that is no pageview
  primary key (site_id, day, bot)
);
comment on table bot_days is 'Events of bots that no figure counts.';

-- What figures mean something else since when. Where there was nothing to count before, there is no row.
create table definition_changes (
  change     text        primary key, -- bots: left out since then
  changed_at timestamptz not null
);
insert into definition_changes (change, changed_at)
select 'bots', now() where exists (select from user_sessions) or exists (select from events_log_pending);
