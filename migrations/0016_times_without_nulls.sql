-- 0016_times_without_nulls: in lists of times on pages, -1 stands where a time is unknown.
--
-- Why:      a part of a list is found at once where it has no nulls; otherwise Postgres counts its elements from the first one on.
--           Of a year of five million pageviews, a third of them without a time, the pages with a filter took 1.5 s, and 0.5 with
--           every time known.
-- Locks:    none but the rows', of rare pages, one a segment: the ETL and the jobs wait. Questions answer as before and after. A
--           process of the former version that still runs takes -1 for a time: restart it.
-- Rollback: 0016_times_without_nulls.down.sql makes them null again.

do $$
begin
  -- Whoever rolls up waits.
  perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
end
$$;

update session_values
set time_on_page = array_replace(time_on_page, null, -1)
where dimension = 'page' and hash = 0 and value is null;

comment on column session_values.time_on_page is
  'Of pages that share a row, side by side with the numbers, -1 where unknown; of the others seconds and timed say it';
