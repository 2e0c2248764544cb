-- What is stored of one visitor: to count it, to hand it out, to erase it.
--
-- Tables are found in the catalogue: each that has site_id and visitor_id or session_id, and failed_events. A table that
-- comes later is erased from without a word here.
--
-- A visitor's are the rows with the visitor's id, and all rows of the visitor's sessions: what came without an id is the
-- same browser's. A session that another visitor's id stands in, too (a broken tracker may give everybody the same), is
-- shared: of that only the rows with the visitor's id.

create or replace function visitor_tables() returns table (name text, has_visitor boolean, has_session boolean)
language sql stable as $$
  select c.relname::text, bool_or(a.attname = 'visitor_id'), bool_or(a.attname = 'session_id')
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relnamespace = current_schema()::regnamespace
    and c.relkind in ('r', 'p') and not c.relispartition
    and a.attname in ('site_id', 'visitor_id', 'session_id')
  group by c.relname
  having bool_or(a.attname = 'site_id') and count(*) > 1
$$;

-- Whether a row `t` of the table has the visitor's id, as SQL; $1 is the visitor.
create or replace function names_visitor(table_name text) returns text
language sql immutable as $$
  select case table_name
    when 'events_log' then '(t.visitor_id = $1 or t.raw_event_data ->> ''visitorId'' = $1)'
    else 't.visitor_id = $1'
  end
$$;

-- Whether a row `t` of the table is the visitor's, as SQL; $1 is the visitor, $2 the site (null: all), $3 and $4 are the
-- sites and ids of the sessions that are the visitor's alone.
create or replace function is_of_visitor(name text, has_visitor boolean, has_session boolean) returns text
language sql immutable as $$
  select format('($2 is null or t.site_id = $2) and (%s)', concat_ws(' or ',
    case when has_visitor then names_visitor(name) end,
    case when has_session then '(t.site_id, t.session_id) in (select * from unnest($3, $4))' end
  ))
$$;

-- The same of failed_events: it names its raw event by id, which has its visitor for as long as it is kept.
create or replace function is_failed_event_of_visitor() returns text
language sql immutable as $$
  select format(
    '($2 is null or t.site_id = $2) and (t.event ->> ''visitorId'' = $1
       or (t.site_id, t.event ->> ''sessionId'') in (select * from unnest($3, $4))
       or (t.site_id, t.id / 1024) in (select r.site_id, r.id from (select * from events_log t where %s) r))',
    is_of_visitor('events_log', true, true))
$$;

-- The visitor's sessions.
create or replace function visitor_sessions(visitor text, site text default null)
returns table (site_id text, session_id text, is_shared boolean)
language plpgsql stable
set jit = off as $$
declare
  v_own    text;
  v_others text;
begin
  select
    string_agg(format('select t.site_id::text, t.session_id::text from %I t
      where %s and ($2 is null or t.site_id = $2) and t.session_id is not null', name, names_visitor(name)), ' union '),
    -- Where an event came without a visitor, its session's id stands in.
    string_agg(format('select t.site_id::text, t.session_id::text from %I t
      join own on own.site_id = t.site_id and own.session_id = t.session_id
      where t.visitor_id <> $1 and t.visitor_id <> t.session_id', name), ' union ')
    into v_own, v_others
  from visitor_tables() where has_visitor and has_session;
  return query execute format(
    'with own (site_id, session_id) as materialized (%s),
          others (site_id, session_id) as (%s)
     select own.site_id, own.session_id, others.site_id is not null
     from own left join others using (site_id, session_id)', v_own, v_others)
  using visitor, site;
end
$$;

-- Returns the number of rows of the visitor in each table that has any.
create or replace function count_visitor_rows(visitor text, site text default null)
returns table (table_name text, row_count bigint)
language plpgsql stable
set jit = off as $$
declare
  v_sites    text[];
  v_sessions text[];
  v_counts   text;
begin
  select coalesce(array_agg(s.site_id), '{}'), coalesce(array_agg(s.session_id), '{}') into v_sites, v_sessions
  from visitor_sessions(visitor, site) s where not s.is_shared;
  select string_agg(format('select %L, count(*) from %I t where %s', name, name, condition), ' union all ') into v_counts
  from (
    select name, is_of_visitor(name, has_visitor, has_session) as condition from visitor_tables()
    union all
    select 'failed_events', is_failed_event_of_visitor()
  ) conditions;
  return query execute format(
    'select * from (%s) counts (table_name, row_count) where row_count > 0 order by table_name', v_counts)
  using visitor, site, v_sites, v_sessions;
end
$$;

-- The visitor's rows themselves; but those of session_rows, whose numbers say what user_sessions and the facts say.
create or replace function visitor_record(visitor text, site text default null)
returns table (table_name text, record json)
language plpgsql stable
set jit = off
set timezone = 'UTC' as $$
declare
  v_sites    text[];
  v_sessions text[];
  v_rows     text;
begin
  select coalesce(array_agg(s.site_id), '{}'), coalesce(array_agg(s.session_id), '{}') into v_sites, v_sessions
  from visitor_sessions(visitor, site) s where not s.is_shared;
  select string_agg(format('select %L, row_to_json(t) from %I t where %s', name, name, condition), ' union all ' order by name)
    into v_rows
  from (
    select name, is_of_visitor(name, has_visitor, has_session) as condition from visitor_tables() where name <> 'session_rows'
    union all
    select 'failed_events', is_failed_event_of_visitor()
  ) conditions;
  return query execute v_rows using visitor, site, v_sites, v_sessions;
end
$$;
