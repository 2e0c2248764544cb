-- 0025_time_zones: time zones of sites by names that Postgres, browsers and JavaScript understand alike.
--
-- Why:      earlier releases took abbreviations. To Postgres they are fixed distances from UTC, so CET lost its summer time and IST was
--           Israel's, and JavaScript knows few of them. Each becomes a city; the days of these sites are rolled up again.
--           EST and MST, which mean the same everywhere, stay.
--           And the months of raw events no longer depend on the style of dates of whoever makes them.
-- Locks:    the rows of these sites, for a moment.
-- Rollback: 0025_time_zones.down.sql leaves the cities, which earlier releases know as well.

alter function add_events_log_months(timestamptz, timestamptz) set datestyle = 'ISO, YMD';

with renamed as (
  update sites s set timezone = n.city
  from (values
    ('ACT', 'Australia/Darwin'), ('AET', 'Australia/Sydney'), ('AGT', 'America/Argentina/Buenos_Aires'), ('ART', 'Africa/Cairo'),
    ('AST', 'America/Anchorage'), ('BET', 'America/Sao_Paulo'), ('BST', 'Europe/London'), ('CAT', 'Africa/Harare'),
    ('CET', 'Europe/Paris'), ('CNT', 'America/St_Johns'), ('CST', 'America/Chicago'), ('CTT', 'Asia/Shanghai'),
    ('EAT', 'Africa/Nairobi'), ('EET', 'Europe/Athens'), ('HST', 'Pacific/Honolulu'),
    ('IST', 'Asia/Kolkata'), ('JST', 'Asia/Tokyo'), ('MET', 'Europe/Paris'), ('NST', 'Pacific/Auckland'),
    ('PRT', 'America/Puerto_Rico'), ('PST', 'America/Los_Angeles'), ('VST', 'Asia/Ho_Chi_Minh'), ('WET', 'Europe/Lisbon')
  ) as n(abbreviation, city)
  where upper(s.timezone) = n.abbreviation
  returning s.site_id
)
insert into stale_days (site_id, metric_date, marked_at)
select distinct m.site_id, m.metric_date + shift, clock_timestamp()
from renamed
join (select site_id, metric_date from daily_site_metrics union select site_id, metric_date from stale_days) m using (site_id)
cross join generate_series(-1, 1) as shift;
