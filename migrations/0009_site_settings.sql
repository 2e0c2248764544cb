-- 0009_site_settings: what a site's owner sets for the site alone: how long raw events stay, what is redacted, what is left out.
--
-- Why:      sites of one installation differ: one owes its visitors thirty days, another wants a year; one has a form with
--           patients' numbers; nobody wants their own visits, or those of their admin pages.
-- Locks:    sites exclusively, for the moment that four columns without a rewrite take. It is asked for a fifth of a second at
--           a time, so that the collector, which reads sites, never waits behind us for a roll-up that reads them for minutes.
-- Rollback: 0009_site_settings.down.sql forgets these settings; every site has those of the server then.

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
  add column retention_days   integer check (retention_days between 1 and 36500), -- null: RETENTION_DAYS
  add column redact_names     text[]  not null default '{}', -- of form fields and parameters, beside the built-in ones
  add column exclude_paths    text[]  not null default '{}', -- `*` stands for any characters
  add column exclude_networks cidr[]  not null default '{}'; -- of visitors whose events are dropped
