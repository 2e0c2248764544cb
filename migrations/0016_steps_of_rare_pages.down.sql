do $$
begin
  perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
end
$$;
alter table session_values add column time_on_page integer[];
alter table session_values alter time_on_page set storage external;
update session_values
set steps = null, time_on_page = array(
    select nullif((step >> 14) - 1, -1)::integer from unnest(steps) with ordinality as element(step, place) order by place
  )
where dimension = 'page' and hash = 0 and value is null;
comment on column session_values.steps is
  'An element each time, in its lowest 13 bits 1 + the session''s number, then a bit that is set when it is not the first time. Above: of page_step and event_step milliseconds since the session''s start times 1,024, plus the place among the session''s pageviews of a page (0..999), 0 of an event; of page_way two times 22 bits, the pages before and after it, as places in paths (from 1; 0 at the ends)';
