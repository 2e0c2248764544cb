-- 0013_compress_lz4: raw events of more than 2 kB, batches mostly, are compressed by LZ4 as they come.
--
-- Why:      Postgres compresses a row that is longer than a quarter of a page. A batch of 50 clicks (8.7 kB) takes 979 bytes by
--           its own method, pglz, and 1,076 by LZ4; to store it takes 290 µs of the server's processor time by pglz, and 218 by
--           LZ4. Rows go to their months as they are, so only the table that they come to has to know.
--           Where the server was built without LZ4 all stays as it is.
-- Locks:    events_log_pending exclusively, for a moment. It is asked for a fifth of a second at a time, so that the collector
--           never waits long behind us for an ETL that works on it. Nothing is rewritten.
-- Rollback: 0013_compress_lz4.down.sql compresses what comes by the server's default again.

do $$
begin
  perform set_config('lock_timeout', '200ms', true);
  for attempt in 1..600 loop
    begin
      lock table events_log_pending in access exclusive mode;
      exit;
    exception when lock_not_available then
      if attempt = 600 then
        raise exception 'events_log_pending was in use for five minutes: end what uses it (pg_stat_activity), and migrate again'
          using errcode = 'lock_not_available';
      end if;
      perform pg_sleep(0.3);
    end;
  end loop;
  perform set_config('lock_timeout', '0', true);

  alter table events_log_pending alter column raw_event_data set compression lz4;
exception when feature_not_supported then
  raise notice 'this server was built without LZ4: raw events stay compressed by pglz';
end
$$;
