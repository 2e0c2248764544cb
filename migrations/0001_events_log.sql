-- 0001_events_log: the raw events, the sites they belong to, and the browsers that sent them.
--
-- Why:      every event is kept as it came until the ETL has made rows of it and its retention has passed.
--           events_log is partitioned by processed_at: what waits sits in events_log_pending, which carries
--           two indexes only, and a processed row moves into the month in which it was processed. The
--           collector's insert stays cheap, no dead row stays behind, retention drops whole months.
-- Locks:    none on existing tables.
-- Rollback: 0001_events_log.down.sql drops everything, raw events included.

create table sites (
  site_id    varchar(100) primary key,
  domains    text[]       not null default '{}', -- hosts whose pages may post; empty: any
  timezone   text         not null default 'UTC' -- IANA name; the site's days follow it
             check (timestamptz 'epoch' at time zone timezone is not null),
  ip_mode    text         check (ip_mode in ('full', 'truncate', 'none')), -- null: as the server is set
  created_at timestamptz  not null default now()
);

-- One row a user agent string, parsed once by the collector; join it for browser, system and device.
create table user_agents (
  user_agent      text primary key check (length(user_agent) <= 512),
  browser         text,
  browser_version text,
  os              text,
  os_version      text,
  device_type     text    not null, -- desktop, mobile, tablet, bot, …: ua-parser-js's words
  is_bot          boolean not null,
  first_seen      timestamptz not null default now()
);

-- The secret of a day, from which visitors without an id get one. Gone two days later, and with it any way back.
create table visitor_salts (
  day  date primary key,
  salt uuid not null default gen_random_uuid()
);

create sequence events_log_id_seq;

create table events_log (
  id             bigint       not null default nextval('events_log_id_seq'),
  event_id       uuid         not null default gen_random_uuid(),
  event_type     varchar(50)  not null,
  session_id     varchar(100),
  visitor_id     varchar(100),
  site_id        varchar(100) not null,
  timestamp      timestamptz  not null,
  url            text,
  path           varchar(2048),
  user_agent     text,
  ip_address     inet,
  raw_event_data jsonb        not null,
  created_at     timestamptz  not null default now(),
  processed_at   timestamptz
) partition by range (processed_at);

alter sequence events_log_id_seq owned by events_log.id;

-- The check lets Postgres add a month without reading what waits, and refuses a row that has no month to go to.
create table events_log_pending partition of events_log (
  constraint events_log_pending_is_unprocessed check (processed_at is null)
) default;
alter table events_log_pending add primary key (id);
alter table events_log_pending add constraint events_log_pending_event_key unique (site_id, event_id);

-- ON ONLY: the months inherit these, the pending partition does not pay for them.
create index idx_events_log_timestamp    on only events_log (timestamp);
create index idx_events_log_site_created on only events_log (site_id, created_at);
create index idx_events_log_session      on only events_log (session_id);
create index idx_events_log_event_type   on only events_log (event_type);
create index idx_events_log_processed    on only events_log (processed_at);
-- Answers «was this event seen before?» for what has left the pending partition.
create index idx_events_log_event_id     on only events_log (event_id);
-- Finds what retention drops; rows arrive in about this order, so a block range index of a few pages is enough.
create index idx_events_log_created_brin on only events_log using brin (created_at);

-- Adds each missing month from that of `since` to that of `until`, both in UTC. Answers how many it added.
--
-- Attached rather than created in place: of events_log itself that takes a lock which lets the collector go on, and
-- events_log_pending, whose check spares a scan, is locked for a moment only.
create function add_events_log_months(since timestamptz, until timestamptz) returns integer
language plpgsql as $$
declare
  v_month timestamp;
  v_name  text;
  v_added integer := 0;
begin
  for v_month in
    select generate_series(date_trunc('month', since at time zone 'UTC'), date_trunc('month', until at time zone 'UTC'), '1 month')
  loop
    v_name := 'events_log_' || to_char(v_month, 'YYYY_MM');
    if to_regclass(v_name) is null then
      execute format('create table %I (like events_log including defaults)', v_name);
      execute format('alter table events_log attach partition %I for values from (%L) to (%L)',
        v_name, v_month at time zone 'UTC', (v_month + interval '1 month') at time zone 'UTC');
      v_added := v_added + 1;
    end if;
  end loop;
  return v_added;
end
$$;

-- What was processed before this installation: rows of a restored backup. It is closed from the start, so it
-- has the index on the raw data at once; the months get theirs when they close (cleanup_processed_events).
do $$
begin
  execute format('create table events_log_history partition of events_log for values from (minvalue) to (%L)',
    date_trunc('month', now() at time zone 'UTC') at time zone 'UTC');
end
$$;
create index idx_events_log_raw_data_gin on events_log_history using gin (raw_event_data);

select add_events_log_months(now(), now() + interval '3 months');
