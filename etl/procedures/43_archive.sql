-- Sums up, in the block range indexes of the months that are written to, what has come since the last time: a search reads
-- what is not summed up yet. Answers how many ranges that were.
--
-- Only one can do this for a table, autovacuum or we. It need not give way to us, since it sums up, too.
create or replace function summarize_months() returns integer
language plpgsql
set lock_timeout = '200ms'
as $$
declare
  v_index  regclass;
  v_ranges integer := 0;
begin
  for v_index in
    select x.indexrelid
    from events_log_months() m
    join pg_index x on x.indrelid = to_regclass(m.name)
    join pg_class c on c.oid = x.indexrelid
    join pg_am a on a.oid = c.relam and a.amname = 'brin'
    -- A batch that began before midnight may end after it.
    where m.ends > now() - interval '2 days'
  loop
    begin
      v_ranges := v_ranges + brin_summarize_new_values(v_index);
    exception when lock_not_available then
      null;
    end;
  end loop;
  return v_ranges;
end
$$;
