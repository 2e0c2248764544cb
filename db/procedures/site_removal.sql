-- Counts and deletes the rows of one site.
--
-- Tables are found in the catalogue: each that has a column site_id. A table that comes later is emptied without a word here.

-- The tables with rows of sites, of a partitioned one its partitions (`part`), in the order in which they are emptied: what waits
-- first, so that no batch makes facts of it, then the marks, so that no roll-up is made; sessions before their rows, since a rebuild
-- that writes a row holds its session; and last the dictionary, which rows refer to. `is_indexed`: rows of a site are found by an index.
create or replace function site_tables() returns table (name text, part text, is_indexed boolean)
language sql stable as $$
  select coalesce(root.relname, c.relname)::text, c.relname::text, exists (
    select from pg_index i join pg_class x on x.oid = i.indexrelid join pg_am m on m.oid = x.relam
    where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indpred is null and i.indisvalid and m.amname = 'btree'
  )
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attname = 'site_id' and not a.attisdropped
  left join pg_class root on root.oid = pg_partition_root(c.oid)
  where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relpersistence <> 't' and c.relname <> 'sites'
  order by coalesce(array_position('{events_log_pending,stale_days,user_sessions}'::text[], c.relname::text), 4), c.relname = 'dictionary', c.relname
$$;

-- Returns the number of rows of a site in each table that has any.
create or replace function count_site_rows(site text) returns table (table_name text, row_count bigint)
language plpgsql stable
set jit = off as $$
declare
  v_counts text;
begin
  select string_agg(format('select %L, count(*) from %I t where t.site_id = $1', name, name), ' union all ') into v_counts
  from (select distinct name from site_tables()) tables;
  return query execute format(
    'select * from (%s) counts (table_name, row_count) where row_count > 0 order by table_name', v_counts)
  using site;
end
$$;

-- Whether a table has a row of the site.
create or replace function is_site_known(site text) returns boolean
language plpgsql stable
set jit = off as $$
declare
  v_any text;
begin
  select string_agg(format('exists (select from %I t where t.site_id = $1)', name), ' or ') into v_any
  from (select distinct name from site_tables() union select 'sites') tables;
  execute 'select ' || v_any into strict v_any using site;
  return v_any::boolean;
end
$$;

-- Deletes rows of a site that was removed from one of site_tables(): at most `most`, found by the index; without one, those of the
-- next 1,000 blocks from block `since` on. Returns how many, and from where to go on; null where nothing is left.
--
-- The ETL and roll-ups wait for the chunk, and it waits for them: a roll-up may hold rows of the site for long, so its lock comes
-- first, while the ETL goes on. Texts that a rebuild is looking up may not be deleted yet: then the chunk begins again where it was.
-- @raises object_not_in_prerequisite_state where the site is there (again)
create or replace function delete_site_rows(site text, part text, since bigint, most integer, out rows bigint, out reached bigint)
language plpgsql
set jit = off
set enable_seqscan = off
as $$
declare
  v_table  record;
  v_blocks bigint;
begin
  rows := 0;
  perform pg_advisory_xact_lock(hashtextextended('footfall:roll-up', 0));
  perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
  if exists (select from sites s where s.site_id = site) then
    raise exception 'Cannot delete the rest of %: the site was added again', site using errcode = 'object_not_in_prerequisite_state';
  end if;
  select * into v_table from site_tables() t where t.part = delete_site_rows.part;
  if not found then -- a month that cleanup has dropped
    return;
  end if;
  if part = 'dictionary' then
    if not pg_try_advisory_xact_lock(hashtextextended('footfall:dictionary', 0)) then
      reached := since;
      return;
    elsif exists (select from session_rows r where r.site_id = site) then
      return;
    end if;
  end if;
  if v_table.is_indexed then
    execute format('delete from %1$I where ctid = any (array(select ctid from %1$I where site_id = $1 limit $2))', part)
      using site, most;
    get diagnostics rows = row_count;
    reached := case when rows = most then since end;
  else
    execute format('delete from %I where ctid >= $1 and ctid < $2 and site_id = $3', part)
      using format('(%s,0)', since)::tid, format('(%s,0)', since + 1000)::tid, site;
    get diagnostics rows = row_count;
    v_blocks := pg_relation_size(to_regclass(quote_ident(part))) / current_setting('block_size')::integer;
    reached := case when since + 1000 < v_blocks then since + 1000 end;
  end if;
end
$$;
