-- The title of a view is its last one. Apps often set it after the pageview was sent: the tracker's page_exit names the view
-- (`viewId`, the pageview's event id) and the title that the page had when it was left.
--
-- Reads:  the temporary tables batch_events and batch_sessions, user_events, pageviews.
-- Writes: the temporary table batch_titles, then pageviews and user_sessions.
--
-- Commutative: of several exits that name a view the last one counts, by (time, event id, place), whichever batch brings it. An exit
-- before the view says nothing of it.

-- Collects, in the temporary table batch_titles, what exits say of the views of the batch's sessions; mostly nothing. Earlier exits
-- are looked up where the batch brings another one, or a view that happened before them.
create or replace function read_titles() returns void
language plpgsql as $$
begin
  create temporary table batch_titles as
  with told as (
    select visit, event_timestamp as at, event_id, id, event_data
    from batch_events
    where event_type = 'page_exit' and event_data ? 'title'
    union all
    select b.visit, e.event_timestamp, e.event_id, e.id, e.event_data
    from batch_sessions b
    cross join lateral (
      select s.last_event_at from user_sessions s where s.site_id = b.site_id and s.session_id = b.session_id offset 0
    ) s
    cross join lateral (
      select * from user_events e
      where e.site_id = b.site_id and e.session_id = b.session_id and e.event_type = 'page_exit' and e.event_data ? 'title'
      offset 0
    ) e
    where b.is_known and (
      b.views > 0 and s.last_event_at >= b.entry_at
      or b.visit in (select visit from batch_events where event_type = 'page_exit' and event_data ? 'title')
    )
  )
  select distinct on (visit, view_id) visit, view_id, title, at
  from (
    select visit, at, event_id, id, json_text(event_data, 'title', 2048) as title,
      -- Not cast: it may be any text.
      lower((event_data ->> 'viewId') collate "C") as view_id
    from told
  ) titles
  where title is not null and view_id is not null
  order by visit, view_id, at desc, event_id desc, id desc;
end
$$;

-- Corrects the titles of earlier pageviews, and of the entries of their sessions. After the batch was added to both tables.
create or replace function correct_titles() returns void
language plpgsql
set enable_hashjoin = off -- each is found by its key
as $$
begin
  if exists (select from batch_titles) then
    update pageviews p
    set title = v.told
    from (
      select v.site_id, v.view_timestamp, v.id, t.title as told
      from batch_titles t
      join batch_sessions b on b.visit = t.visit and b.is_known
      cross join lateral (
        select * from pageviews v
        where v.site_id = b.site_id and v.session_id = b.session_id and v.event_id::text = t.view_id and v.view_timestamp <= t.at
        offset 0
      ) v
      where v.title is distinct from t.title
    ) v
    where p.site_id = v.site_id and p.view_timestamp = v.view_timestamp and p.id = v.id;

    update user_sessions s
    set entry_title = t.title
    from batch_titles t
    join batch_sessions b using (visit)
    where s.site_id = b.site_id and s.session_id = b.session_id and s.entry_path is not null
      and s.entry_event_id::text = t.view_id and s.entry_at <= t.at and s.entry_title is distinct from t.title;
  end if;
end
$$;
