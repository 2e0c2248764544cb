do $$
begin
  perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
end
$$;
update session_values
set time_on_page = array_replace(time_on_page, -1, null)
where dimension = 'page' and hash = 0 and value is null;
comment on column session_values.time_on_page is null;
