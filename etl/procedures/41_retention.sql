-- Retention: which raw events are past it, and how they go. Events that wait are never touched.
--
-- A site's retention is its own (sites.retention_days), else the `retention_days` that these functions are given. A month
-- of which no site keeps a row is dropped; of the other partitions go the rows of those sites that are past theirs, in
-- pieces. A month that is closed has a B-tree on site and time (sort_closed_months), so what is kept is not read; in the month
-- that is written to, the ranges of blocks are read that came before the latest day of which anything may go.

-- The partitions of what was processed; `ends` is null for what was there before the months, which is never dropped.
create or replace function events_log_archive() returns table (name text, ends timestamptz)
language sql stable as $$
  select c.relname::text, m.ends
  from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
  left join events_log_months() m on m.name = c.relname
  where i.inhparent = 'events_log'::regclass and c.relname <> 'events_log_pending'
  order by 1
$$;

-- Whether a partition has the B-tree by which a site's oldest rows are found.
create or replace function is_sorted_by_site(partition text) returns boolean
language sql stable as $$
  select to_regclass('idx_events_log_site_created_' || right(partition, 7)) is not null
$$;

-- The sites that have rows in each partition: when the first and the last of them came, and what came before when is past
-- the site's retention. Of the month that is written to, only what may be past somebody's.
create or replace function events_log_sites(retention_days integer)
returns table (partition text, site_id text, oldest timestamptz, newest timestamptz, cutoff timestamptz)
language plpgsql stable as $$
declare
  v_partition record;
  v_shortest  integer;
begin
  if retention_days is null or retention_days < 0 then
    raise exception 'retention_days is %, but must be 0 or more', coalesce(retention_days::text, 'null')
      using errcode = 'invalid_parameter_value';
  end if;
  if retention_days > 36500 then
    raise exception 'retention_days is %, but must be at most 36500', retention_days using errcode = 'invalid_parameter_value';
  end if;
  v_shortest := least(retention_days, (select min(s.retention_days) from sites s));
  for v_partition in select name, coalesce(ends <= now(), true) as is_closed from events_log_archive() loop
    if is_sorted_by_site(v_partition.name) then
      -- From one site to the next by the index: a `distinct` would read every row.
      return query execute format($query$
        with recursive present as (
          (select p.site_id::text from %1$I p order by p.site_id limit 1)
          union all
          select (select p.site_id::text from %1$I p where p.site_id > present.site_id order by p.site_id limit 1)
          from present where present.site_id is not null
        )
        select %1$L, present.site_id, oldest.created_at, newest.created_at,
          now() - make_interval(days => coalesce(s.retention_days, $1))
        from present
        left join sites s on s.site_id = present.site_id
        cross join lateral (
          select p.created_at from %1$I p where p.site_id = present.site_id order by p.created_at limit 1
        ) oldest
        cross join lateral (
          select p.created_at from %1$I p where p.site_id = present.site_id order by p.created_at desc limit 1
        ) newest
      $query$, v_partition.name) using retention_days;
    else
      return query execute format($query$
        select %1$L, present.site_id, present.oldest, present.newest, now() - make_interval(days => coalesce(s.retention_days, $1))
        from (
          select p.site_id::text, min(p.created_at) as oldest, max(p.created_at) as newest
          from %1$I p where p.created_at <= $2 group by p.site_id
        ) present
        left join sites s on s.site_id = present.site_id
      $query$, v_partition.name)
      using retention_days, case when v_partition.is_closed then 'infinity' else now() - make_interval(days => v_shortest) end;
    end if;
  end loop;
end
$$;

-- The months of which no site keeps a row, and which nobody writes to any more.
create or replace function expired_months(retention_days integer) returns table (name text)
language sql stable as $$
  select m.name
  from events_log_archive() m
  left join events_log_sites(retention_days) s on s.partition = m.name
  where m.ends <= now() - make_interval(days => least(retention_days, (select min(sites.retention_days) from sites)))
  group by m.name
  having coalesce(bool_and(s.newest < s.cutoff), true)
$$;

-- The rows that are past their site's retention: those of the site that came in [oldest, cutoff).
create or replace function expired_events(retention_days integer)
returns table (partition text, site_id text, oldest timestamptz, cutoff timestamptz)
language sql stable as $$
  select s.partition, s.site_id, s.oldest, s.cutoff
  from events_log_sites(retention_days) s
  where s.oldest < s.cutoff
  order by 1, 2
$$;

-- Deletes rows of a site that came in [since, until), at most `most` of them. Answers how many, and where the next piece begins:
-- by the B-tree the oldest go first, and entries of rows that are gone are not walked again. Without it any may go: to find
-- the oldest each piece would read all that is left.
create or replace function delete_expired_piece(
  partition text, site text, since timestamptz, until timestamptz, most integer,
  out rows bigint, out reached timestamptz
)
language plpgsql as $$
declare
  v_is_sorted boolean := is_sorted_by_site(partition);
  v_places    tid[];
begin
  execute format($query$
    select array_agg(piece.ctid), case when $5 then max(piece.created_at) else $2 end
    from (
      select p.ctid, p.created_at from %I p
      where p.site_id = $1 and p.created_at >= $2 and p.created_at < $3
      %s limit $4
    ) piece
  $query$, partition, case when v_is_sorted then 'order by p.created_at' end)
  into v_places, reached using site, since, until, most, v_is_sorted;
  execute format('delete from %I where ctid = any($1)', partition) using v_places;
  get diagnostics rows = row_count;
end
$$;

-- Deletes all of it, but for that of the months `besides`. Answers how many rows.
create or replace function delete_expired_events(retention_days integer, besides text[]) returns bigint
language plpgsql as $$
declare
  v_expired record;
  v_piece   record;
  v_since   timestamptz;
  v_deleted bigint := 0;
begin
  for v_expired in select * from expired_events(retention_days) e where e.partition <> all (besides) loop
    v_since := v_expired.oldest;
    loop
      v_piece := delete_expired_piece(v_expired.partition, v_expired.site_id, v_since, v_expired.cutoff, 10000);
      exit when v_piece.rows = 0;
      v_deleted := v_deleted + v_piece.rows;
      v_since := v_piece.reached;
    end loop;
  end loop;
  return v_deleted;
end
$$;

-- Answers how many rows the months had that it dropped, as Postgres estimates them. The collector must not queue behind us, so
-- the lock is asked for a fifth of a second: a month that somebody reads is left for another night.
create or replace function drop_expired_months(retention_days integer) returns bigint
language plpgsql as $$
declare
  v_month   record;
  v_dropped bigint := 0;
begin
  perform set_config('lock_timeout', '200ms', true);
  for v_month in
    select m.name, greatest(c.reltuples, 0)::bigint as row_count
    from expired_months(retention_days) m join pg_class c on c.oid = to_regclass(m.name)
    order by 1
  loop
    begin
      execute format('drop table if exists %I', v_month.name);
      v_dropped := v_dropped + v_month.row_count;
    exception when lock_not_available then
      raise warning '% is in use; it is dropped another time', v_month.name;
    end;
  end loop;
  perform set_config('lock_timeout', '0', true);
  return v_dropped;
end
$$;

-- The earliest date whose salt a visit may still need: yesterday's where it is earliest of all sites (UTC for those never added).
create or replace function first_used_salt() returns date
language sql stable as $$
  select least((now() at time zone 'UTC')::date, min((now() at time zone s.timezone)::date)) - 1 from sites s
$$;

-- What else is kept for a time: events that were set aside for as long as the site's raw events.
create or replace function purge_records(retention_days integer) returns void
language sql as $$
  delete from failed_events f
  where f.failed_at < now() - make_interval(days => coalesce(
    (select s.retention_days from sites s where s.site_id = f.site_id), retention_days));
  delete from job_runs where started_at < now() - interval '30 days';
  delete from refused_origins where hour < now() - interval '1 day';
  delete from visitor_salts where day < first_used_salt();
$$;

-- All that would go now: by table or partition and by site, how many rows, and their share of its size on the disk. What is
-- dropped gives that back to the disk, what is deleted makes room for later rows.
create or replace function expected_removals(retention_days integer)
returns table (what text, site text, rows bigint, bytes bigint, how text)
language plpgsql stable as $$
declare
  v_months    text[] := array(select name from expired_months(retention_days));
  v_partition text;
begin
  for v_partition in
    select unnest(v_months) union select e.partition from expired_events(retention_days) e order by 1
  loop
    return query execute format($query$
      select %1$L, counted.site_id, counted.past, (pg_total_relation_size(%1$L::regclass) * counted.past / counted.total)::bigint,
        case when %1$L = any ($2) then 'dropped' else 'deleted' end
      from (
        select p.site_id::text, count(*) filter (where p.created_at < e.cutoff) as past, sum(count(*)) over () as total
        from %1$I p left join expired_events($1) e on e.partition = %1$L and e.site_id = p.site_id
        group by p.site_id
      ) counted
      where counted.past > 0
      order by 2
    $query$, v_partition) using retention_days, v_months;
    if not found then
      return query select v_partition, null::text, 0::bigint, pg_total_relation_size(v_partition::regclass), 'dropped';
    end if;
  end loop;
  return query
  select 'failed_events', f.site_id::text, count(*), null::bigint, 'deleted'
  from failed_events f left join sites s on s.site_id = f.site_id
  where f.failed_at < now() - make_interval(days => coalesce(s.retention_days, expected_removals.retention_days))
  group by f.site_id
  union all
  select 'job_runs', null, count(*), null, 'deleted' from job_runs where started_at < now() - interval '30 days' having count(*) > 0
  union all
  select 'refused_origins', r.site_id::text, count(*), null, 'deleted'
  from refused_origins r where r.hour < now() - interval '1 day' group by r.site_id
  union all
  select 'visitor_salts', null, count(*), null, 'deleted'
  from visitor_salts where day < first_used_salt() having count(*) > 0;
end
$$;
