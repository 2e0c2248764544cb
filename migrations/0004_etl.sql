-- 0004_etl: what the ETL keeps for itself: its runs, the days to roll up again, the events it could not use.
--
-- Why:      a job that fails must be seen; a late event must correct its day by itself; a row that cannot be
--           processed must neither hold the others up nor vanish.
-- Locks:    none on existing tables.
-- Rollback: 0004_etl.down.sql; the events set aside are lost with their table (events_log still has them).

create table job_runs (
  id          bigint generated always as identity primary key,
  job         text        not null,
  started_at  timestamptz not null default now(),
  finished_at timestamptz, -- null while it runs, or when its process died
  row_count   bigint,
  error       text
);
create index idx_job_runs_job on job_runs (job, started_at desc);

create table stale_days (
  site_id     varchar(100) not null,
  metric_date date         not null,
  marked_at   timestamptz  not null,
  primary key (site_id, metric_date)
);

create table failed_events (
  id         bigint       not null, -- events_log.id * 1024 + the event's place in its batch
  site_id    varchar(100) not null,
  event_id   uuid         not null,
  event_type text,
  reason     text         not null,
  event      jsonb        not null, -- the event as it was sent
  failed_at  timestamptz  not null,
  primary key (id, site_id)
);
