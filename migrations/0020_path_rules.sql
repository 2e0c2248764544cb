-- 0020_path_rules: what of an address tells the pages of a site apart.
--
-- Why:      some servers answer /about, /about/ and /about/index.html with one page, and others tell pages apart by a parameter of the
--           query, as /shop?id=7. The collector stores paths by these columns from the moment in which they are set.
-- Locks:    sites exclusively, for the moment that columns without a rewrite take. The lock is asked for a fifth of a second at a time,
--           so that the collector, which reads sites, never waits behind us for somebody who reads for minutes.
-- Rollback: 0020_path_rules.down.sql forgets these settings. Paths that were stored by them stay as they are.

do $$
begin
  perform set_config('lock_timeout', '200ms', true);
  for attempt in 1..600 loop
    begin
      lock table sites in access exclusive mode;
      exit;
    exception when lock_not_available then
      if attempt = 600 then
        raise exception 'sites was in use for five minutes: end what reads it (pg_stat_activity), and migrate again'
          using errcode = 'lock_not_available';
      end if;
      perform pg_sleep(0.3);
    end;
  end loop;
  perform set_config('lock_timeout', '0', true);
end
$$;

alter table sites
  add column trailing_slash  text   not null default 'keep' check (trailing_slash in ('keep', 'drop')),
  add column index_html      text   not null default 'keep' check (index_html in ('keep', 'drop')),
  add column page_parameters text[] not null default '{}'; -- of the query, which are part of the path, in this order
