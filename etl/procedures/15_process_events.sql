-- process_events_batch: makes rows of the oldest `batch_size` raw events.
--
-- One pass over a set, in one transaction: the rows are stamped (which moves them into their month), each table takes its part of
-- them, the sessions touched are brought up to date and their days marked; last the rows of these sessions are written.
-- Callers wait for each other, except for those that work in different lanes. An event that cannot be used goes to failed_events
-- with its reason and holds nothing up.
--
-- Reads:  events_log_pending, sites, user_sessions, pageviews, user_events.
-- Writes: events_log, user_sessions, pageviews, user_events, form_submissions, failed_events, stale_days, dictionary, session_rows,
--         bot_days.
-- Makes and drops the temporary tables batch_events, batch_sessions, batch_lines, batch_exits, batch_pages, batch_titles, batch_times
-- and batch_moments, which the files 10 to 18 read, changed_sessions and left_out.

-- The lane of a session, 0 to 3. What the ETL writes of one event depends on the events of its own session only, so
-- lanes may be worked on at the same time.
create or replace function session_lane(session_id text) returns integer
language sql immutable parallel safe as $$
  select hashtext(coalesce(session_id, '')) & 3
$$;

-- Makes rows of the pending events of some lanes (null: of all) with ids in [first_id, last_id], and adds their sessions to
-- changed_sessions. Returns the number of raw events.
-- @raises a data error when one of the rows cannot be processed at all; nothing is changed then
create or replace function process_slice(first_id bigint, last_id bigint, lanes integer[], trusting boolean) returns integer
language plpgsql as $$
declare
  v_now  timestamptz := date_trunc('milliseconds', clock_timestamp());
  v_rows integer;
begin
  perform add_events_log_months(v_now, v_now);
  v_rows := read_batch(v_now, first_id, last_id, lanes, trusting);
  perform leave_out_bots();
  perform read_sessions();
  perform set_aside_failed_events(v_now);
  perform read_lines();
  perform read_exits();
  perform read_pages();
  perform read_times();
  perform read_titles();

  perform correct_pages();
  perform add_pageviews();
  perform add_user_events();
  perform add_form_submissions();

  create temporary table batch_moments (site_id varchar(100), at timestamptz);
  -- Before: an earlier start moves a session out of its day, and into that of one of the batch's events.
  perform note_session_starts();
  perform note_events();
  perform note_corrected_pages();
  perform note_scrolled_pages();
  perform add_to_sessions(v_now);
  perform correct_titles();
  perform mark_batch_days(v_now);
  insert into changed_sessions select site_id, session_id, first_event_at from batch_sessions;

  perform keep_statistics();
  drop table batch_events, batch_sessions, batch_lines, batch_exits, batch_pages, batch_titles, batch_times, batch_moments;
  return v_rows;
end
$$;

-- Analyzes a table of facts that has grown fivefold since its statistics were made. Autovacuum does that too, but not
-- within the transaction that fills an empty table, and never in the embedded database. Only what joins and filters name: the
-- statistics of JSON take longer than those of all the rest.
create or replace function keep_statistics() returns void
language plpgsql
set default_statistics_target = 10 -- a tenth of the rows are looked at; autovacuum looks at more, in its time
as $$
declare
  v_table record;
begin
  for v_table in
    select * from (values
      ('pageviews',     'site_id, session_id, view_timestamp'),
      ('user_events',   'site_id, session_id, event_timestamp, event_type, page_inferred'),
      ('user_sessions', 'site_id, session_id, session_start, visitor_id, session_end'),
      ('session_rows',  'site_id, session_id, started_at, ended_at'),
      ('dictionary',    'site_id, value_id')
    ) as facts(name, keys)
  loop
    if pg_relation_size(v_table.name) / 8192 > 16 + 5 * (select relpages from pg_class where oid = v_table.name::regclass) then
      execute format('analyze %I (%s)', v_table.name, v_table.keys);
    end if;
  end loop;
end
$$;

-- process_slice for rows of which some may be unusable: halves the range until the bad row stands alone, and sets
-- that one aside.
create or replace function process_range(
  first_id bigint,
  last_id  bigint,
  lanes    integer[],
  trusting boolean default true -- that what looks like the collector's times can be read as such
) returns integer
language plpgsql as $$
declare
  v_middle  bigint := first_id + (last_id - first_id) / 2;
  v_reason  text;
  v_is_time boolean := false;
begin
  begin
    return process_slice(first_id, last_id, lanes, trusting);
  exception
    when invalid_datetime_format or datetime_field_overflow then
      v_reason := sqlerrm;
      v_is_time := true;
    when data_exception or integrity_constraint_violation or program_limit_exceeded
      or cardinality_violation or invalid_parameter_value then
      v_reason := sqlerrm;
  end;
  if v_is_time and trusting then
    return process_range(first_id, last_id, lanes, false);
  end if;
  if first_id < last_id then
    return process_range(first_id, v_middle, lanes, trusting) + process_range(v_middle + 1, last_id, lanes, trusting);
  end if;
  perform add_events_log_months(clock_timestamp(), clock_timestamp());
  insert into failed_events (id, site_id, event_id, event_type, reason, event, failed_at)
  select id * 1024, site_id, event_id, event_type, v_reason, raw_event_data, clock_timestamp()
  from events_log where processed_at is null and id = first_id
  on conflict do nothing;
  update events_log set processed_at = clock_timestamp() where processed_at is null and id = first_id;
  return 1;
end
$$;

-- process_range, and the rows of the sessions that it has changed. These are written at the end of the transaction, once and in order:
-- a worker waits for the other's new values in the dictionary, briefly and never in a circle. So are the counts of bots.
create or replace function process_whole_range(first_id bigint, last_id bigint, lanes integer[]) returns integer
language plpgsql as $$
declare
  v_rows integer;
begin
  create temporary table changed_sessions (site_id varchar(100), session_id varchar(100), since timestamptz);
  create temporary table left_out (site_id varchar(100), bot text, at timestamptz, is_pageview boolean);
  v_rows := process_range(first_id, last_id, lanes);
  perform write_session_rows(array_agg(site_id), array_agg(session_id), array_agg(since))
  from (select site_id, session_id, min(since) as since from changed_sessions group by site_id, session_id) changed;
  perform count_bots();
  drop table changed_sessions, left_out;
  return v_rows;
end
$$;

-- Between which ids the oldest `batch_size` pending events are, of those after an id, of the lanes where they are given; nulls where
-- there are none.
--
-- In the order of the index, up to the last of them. The planner knows nothing of lanes, takes few rows for theirs, and would
-- read and sort all that waits, for each batch.
create or replace function oldest_pending(
  batch_size integer, lanes integer[], after_id bigint default 0, out first_id bigint, out last_id bigint
)
language plpgsql
set enable_sort = off
set enable_seqscan = off
as $$
begin
  select min(id), max(id) into first_id, last_id
  from (
    select id from events_log_pending
    where id > after_id and (lanes is null or session_lane(session_id) = any (lanes))
    order by id limit batch_size
  ) oldest;
end
$$;

-- Makes rows of the oldest pending events after an id, of some lanes (null: of all) that nobody else works in. Answers how many
-- raw events these were, 0 when nothing is pending there, and the id up to which nothing is left.
create or replace function process_oldest(
  batch_size integer, lanes integer[], after_id bigint, out rows integer, out reached bigint
)
language plpgsql
set jit = off
set plan_cache_mode = force_custom_plan
set work_mem = '64MB'
set enable_mergejoin = off -- temporary tables have no statistics: it would sort a whole batch where a hash will do
as $$
declare
  v_first bigint;
begin
  -- A batch's temporary tables are 20 MB; with the default of 8 MB each step would read them from files. Of a session that
  -- has used temporary tables already it can no longer be set: that one does with what it has. For this transaction only, since
  -- behind a pooler the session is somebody else's next.
  begin
    perform set_config('temp_buffers', '64MB', true);
  exception when invalid_parameter_value then
    null;
  end;
  if batch_size is null or batch_size < 1 then
    raise exception 'batch_size is %, but must be 1 or more', coalesce(batch_size::text, 'null')
      using errcode = 'invalid_parameter_value';
  end if;
  select first_id, last_id into v_first, reached from oldest_pending(batch_size, lanes, after_id);
  rows := case when v_first is null then 0 else process_whole_range(v_first, reached, lanes) end;
end
$$;

-- Answers how many raw events were processed; 0 when nothing is pending, in the lanes where they are given.
create or replace function process_events(batch_size integer default 1000, lanes integer[] default null) returns integer
language plpgsql as $$
begin
  if lanes is null then
    perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
  else
    perform pg_advisory_xact_lock_shared(hashtextextended('footfall:process-events', 0));
    perform pg_advisory_xact_lock(hashtextextended('footfall:lane', lane)) from unnest(lanes) as lane order by lane;
  end if;
  return (select rows from process_oldest(batch_size, lanes, 0));
end
$$;

-- Makes rows of pending events in lanes where nobody else works: those of the worker, every other one, or else the others.
-- Answers how many raw events these were, 0 when nothing is pending that others do not work on, and where the worker's next
-- batch begins (`after_id`): the index still has what was processed, and would be read past all of it. Where nothing is left
-- there, it is looked for from the start: what has committed late, or was in a lane that somebody else had.
--
-- Several lanes at once, since a worker reads past the rows of those that it does not take.
create or replace function process_beside_others(
  batch_size integer, worker integer, after_id bigint default 0, out rows integer, out reached bigint
)
language plpgsql as $$
declare
  v_lanes integer[];
  v_start bigint;
begin
  rows := 0;
  reached := 0;
  perform pg_advisory_xact_lock_shared(hashtextextended('footfall:process-events', 0));
  for v_turn in worker..worker + 1 loop
    select array_agg(lane) into v_lanes
    from unnest(array[v_turn % 2, v_turn % 2 + 2]) as lane
    where pg_try_advisory_xact_lock(hashtextextended('footfall:lane', lane));
    continue when v_lanes is null;
    foreach v_start in array case when v_turn = worker and after_id > 0 then array[after_id, 0] else array[0] end loop
      select o.rows, o.reached into rows, reached from process_oldest(batch_size, v_lanes, v_start) o;
      if rows > 0 then
        -- That of other lanes says nothing of the worker's own.
        reached := case when v_turn = worker then reached else 0 end;
        return;
      end if;
    end loop;
  end loop;
  reached := 0;
end
$$;

create or replace procedure process_events_batch(batch_size integer default 1000)
language plpgsql as $$
begin
  perform process_events(batch_size);
end
$$;
