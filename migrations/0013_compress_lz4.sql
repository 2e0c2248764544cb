-- 0013_compress_lz4: rows of more than 2 kB, batches of raw events mostly, are compressed by LZ4.
--
-- Why:      Postgres compresses a row that is longer than a quarter of a page. A batch of 50 clicks (8.7 kB) takes 979 bytes by
--           its own method, pglz, and 1,076 by LZ4; to store it takes 290 µs of the server's processor time by pglz, and 218 by
--           LZ4. As a setting of the database, not of the column: a dump would name the column's, and could not be restored
--           into a server that was built without LZ4. There, and where the role may not say so, all stays as it is.
-- Locks:    none. Connections that are opened from now on compress so; what is there stays as it is.
-- Rollback: 0013_compress_lz4.down.sql compresses what comes by the server's default again.

do $$
begin
  execute format('alter database %I set default_toast_compression = lz4', current_database());
exception
  when insufficient_privilege then
    raise notice 'this role may not alter the database: set default_toast_compression = lz4 in its settings, or batches take longer than they need to';
  when invalid_parameter_value then
    raise notice 'this server was built without LZ4: rows stay compressed by pglz';
end
$$;
