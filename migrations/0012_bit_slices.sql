-- 0012_bit_slices: what sessions had more than once is counted by bits, too; and each day's new visitors stand in a list.
--
-- Why:      a filter is a bit a session, but pageviews and events of the chosen sessions were counted by walking every element of
--           every list. Now a value with a row of its own has its counts as binary digits, a bit a session for each digit: what the
--           chosen sessions add up to is the sum of `bit_count(digit & mask)` times what the digit stands for. The lists that only
--           counted are gone from these rows. new_visitors spares filtered retention a look at every visitor's row.
-- Locks:    session_values and session_segments exclusively for a moment.
--           Until the next run of daily-metrics has filled the tables, latest days first, questions with filters, funnels,
--           journeys, goals, and retention with filters, know only the days that it has come to. The others answer as before. A
--           process of the former version that still runs answers questions with filters from too few elements: restart it.
-- Rollback: 0012_bit_slices.down.sql; the next run of daily-metrics fills session_values again.

-- Each element of an array is a digit, the ones first, then the twos, the fours, …: a bit a session of the segment. Null where all
-- are 0.
truncate session_values, session_segments;
alter table session_segments
  add column bounced         bit varying not null, -- the sessions with less than two pageviews
  add column pageview_digits bit varying[],
  add column event_digits    bit varying[],
  add column second_digits   bit varying[];
alter table session_segments
  alter bounced set storage external, alter pageview_digits set storage external, alter event_digits set storage external,
  alter second_digits set storage external;

-- In the place of lists, in the rows of one value.
alter table session_values
  add column repeats bit varying[], -- how often each session has the value, less the first time
  add column seconds bit varying[], -- of pages: the time on them
  add column timed   bit varying[]; -- of pages: how many views `seconds` is of
alter table session_values
  alter repeats set storage external, alter seconds set storage external, alter timed set storage external;
comment on column session_values.numbers is
  'With a row of its own, what is only ever counted (scroll depths, forms, properties) has none: bits and repeats say it';
comment on column session_values.time_on_page is 'Of pages that share a row; of the others seconds and timed say it';

-- The visitors whose first day of all is that one.
create table new_visitors (
  site_id  varchar(100) not null,
  day      date         not null,
  visitors bigint[]     not null, -- hashes of their ids
  primary key (site_id, day)
);
alter table new_visitors alter visitors set storage external;

-- What was rolled up before is rolled up again, by the next run of daily-metrics: it fills these tables, too.
insert into stale_days (site_id, metric_date, marked_at)
select site_id, metric_date, now() from daily_site_metrics
on conflict (site_id, metric_date) do nothing;
