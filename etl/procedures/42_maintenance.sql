-- Indexes that have grown to more than four times what their entries need (and past 64 MB): rebuilding these pays.
--
-- What an entry needs is estimated from the statistics, as the check of check_postgres and the PostgreSQL wiki do:
-- 16 bytes of headers, the key's average width, pages filled to 90 %.
create or replace function bloated_indexes() returns table (name text, bytes bigint)
language sql stable as $$
  select i.indexrelid::regclass::text, pg_relation_size(i.indexrelid)
  from pg_index i
  join pg_class c on c.oid = i.indexrelid
  join pg_am a on a.oid = c.relam and a.amname = 'btree'
  join pg_class t on t.oid = i.indrelid and t.relnamespace = current_schema()::regnamespace
  cross join lateral (
    select coalesce(sum(s.avg_width), 8) as key_width
    from pg_attribute k
    join pg_stats s on s.schemaname = current_schema() and s.tablename = t.relname and s.attname = k.attname
    where k.attrelid = i.indrelid and k.attnum = any (i.indkey)
  ) width
  where i.indisvalid
    and pg_relation_size(i.indexrelid) > 64 * 1024 * 1024
    and pg_relation_size(i.indexrelid) > 4 * greatest(c.reltuples, 0) * (16 + width.key_width) / 0.9
$$;
