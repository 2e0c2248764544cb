-- The dictionary's values that no row uses any more: first retired, then removed.
--
-- Reads:  session_rows. Writes: dictionary.
--
-- A batch may look a value up and write the row that uses it a moment later, so nothing is removed in one step: values are
-- retired; once no transaction is left that may have looked them up before (is_dictionary_idle), those that still no row uses
-- are removed. A batch that uses a retired value takes it up again (make_session_rows).

-- Every number that a row holds.
create or replace function values_of_row(s session_rows) returns integer[]
language sql immutable parallel safe as $$
  select array[
    s.entry_page, s.exit_page, s.source, s.referrer, s.referrer_type, s.channel, s.utm_source, s.utm_medium, s.utm_campaign, s.utm_content,
    s.utm_term, s.country, s.language, s.browser, s.os, s.device, s.screen
  ] || s.page_ids || s.event_ids
$$;

-- Retires the values that no row uses. Returns how many.
create or replace function retire_unused_values() returns integer
language plpgsql
set work_mem = '64MB'
as $$
declare
  v_retired integer;
begin
  update dictionary d set retired_at = now()
  where d.retired_at is null
    and not exists (
      select from (select distinct s.site_id, unnest(values_of_row(s)) as value_id from session_rows s) used
      where used.site_id = d.site_id and used.value_id = d.value_id
    );
  get diagnostics v_retired = row_count;
  return v_retired;
end
$$;

-- Whether no transaction is under way that has looked values up. To be asked in a transaction of its own.
create or replace function is_dictionary_idle() returns boolean
language sql as $$
  select pg_try_advisory_xact_lock(hashtextextended('footfall:dictionary', 0))
$$;

-- Removes the retired values that no row uses, and takes up the others again. Returns how many were removed.
create or replace function remove_retired_values() returns integer
language plpgsql
set work_mem = '64MB'
as $$
declare
  v_removed integer;
begin
  create temporary table used_values as
  select distinct d.site_id, d.value_id
  from (select site_id, array_agg(value_id) as ids from dictionary where retired_at is not null group by site_id) retired
  join session_rows s on s.site_id = retired.site_id and values_of_row(s) && retired.ids
  join dictionary d on d.site_id = s.site_id and d.retired_at is not null and d.value_id = any (values_of_row(s));
  update dictionary d set retired_at = null
  from used_values u
  where d.retired_at is not null and d.site_id = u.site_id and d.value_id = u.value_id;
  delete from dictionary d
  where d.retired_at < now()
    and not exists (select from used_values u where u.site_id = d.site_id and u.value_id = d.value_id);
  get diagnostics v_removed = row_count;
  drop table used_values;
  return v_removed;
end
$$;
