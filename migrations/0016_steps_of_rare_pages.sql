-- 0016_steps_of_rare_pages: of pages that share a row, whose view it was and the time on it are one number.
--
-- Why:      the times stood in a list of their own, with nulls where they are unknown, and a part of such a list is found by counting
--           its elements from the first one on. Of a year of five million pageviews, a third of them without a time, the pages with a
--           filter took 1.5 s, and 0.5 with every time known. Now there is one list to take parts of.
-- Locks:    the ETL and the jobs wait for all of it, a second or two of four million sessions; then session_values, exclusively, for a
--           moment. Questions answer as before and after. A process of the former version that still runs answers those about pages
--           with filters by an error afterwards: restart it.
-- Rollback: 0016_steps_of_rare_pages.down.sql takes them apart again.

do $$
begin
  -- Whoever rolls up waits.
  perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
end
$$;

update session_values
set steps = array(
    select (coalesce(seconds, -1)::bigint + 1) << 14 | case when number < 0 then 8192 - number else number + 1 end
    from unnest(numbers, time_on_page) with ordinality as element(number, seconds, place)
    order by place
  )
where dimension = 'page' and hash = 0 and value is null;

alter table session_values drop column time_on_page;
comment on column session_values.steps is
  'An element each time, in its lowest 13 bits 1 + the session''s number, then a bit that is set when it is not the first time. Above: of page_step and event_step milliseconds since the session''s start times 1,024, plus the place among the session''s pageviews of a page (0..999), 0 of an event; of page_way two times 22 bits, the pages before and after it, as places in paths (from 1; 0 at the ends); of pages that share a row, 1 + the seconds on it, 0 where they are not known';
