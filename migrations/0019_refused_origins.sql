-- 0019_refused_origins: how often events were refused because their site does not list the origin of the page.
--
-- Why:      a page that a site forgot to list loses its events, and nobody but its browser console was told.
-- Locks:    none; the table is new and empty.
-- Rollback: 0019_refused_origins.down.sql drops the table with its counts.

-- Strangers choose the origins, so each site keeps at most 20 of an hour; the others are counted together as ''. Collectors add up
-- their counts every 10 seconds (db/refused_origins.ts), `cleanup` deletes what is older than a day.
create table refused_origins (
  site_id varchar(100) not null,
  hour    timestamptz  not null, -- when it starts
  origin  varchar(200) not null, -- scheme, host and port
  events  bigint       not null,
  primary key (site_id, hour, origin)
);
