-- Numbers of sessions as bits, and what they had as binary digits of bits (migrations/0012_bit_slices.sql); and session_values, which
-- is made of all that.

-- Zeros for the sessions' bits, but those of these numbers.
create or replace function bits_of(numbers integer[], zeros bit varying) returns bit varying
language sql immutable parallel safe as $$
  select coalesce(bit_or(set_bit(zeros, number, 1)), zeros) from unnest(numbers) as number where number >= 0
$$;

-- Whether a dimension is only ever counted.
create or replace function is_counted(dimension text) returns boolean
language sql immutable parallel safe as $$
  select dimension like 'scroll\_%' or dimension like 'form\_%' or dimension like 'property:%'
$$;

-- Makes the temporary table value_digits: of each of fresh_values that has a row of its own and may come more than once in a session,
-- the numbers of the sessions that have a digit of `repeats`, `seconds` and `timed`: 2 to the power of `place`.
create or replace function collect_digits() returns void
language plpgsql as $$
begin
  create temporary table value_digits as
  with sums as materialized (
    select id, number, count(*) - 1 as repeats, sum(seconds) as seconds, count(seconds) as timed
    from (
      select id, greatest(number, -1 - number) as number, seconds
      from (
        select id, unnest(numbers) as number, unnest(time_on_page) as seconds
        from fresh_values
        where value is not null and (dimension in ('page', 'event') or is_counted(dimension))
      ) elements
    ) numbered
    group by id, number
  ),
  amounts as (
    select id, 'repeats' as measure, number, repeats as amount from sums where repeats > 0
    union all
    select id, 'seconds', number, seconds from sums where seconds > 0
    union all
    select id, 'timed', number, timed from sums where timed > 0
  )
  select id, measure, place, array_agg(number) as numbers
  from amounts
  cross join lateral generate_series(0, (ln(amount) / ln(2))::integer + 1) as place
  where (amount >> place) & 1 = 1
  group by id, measure, place;
end
$$;

-- As the temporary table value_slices: `repeats`, `seconds` and `timed` of fresh_values, as they are kept.
create or replace function slice_values() returns void
language plpgsql as $$
begin
  perform collect_digits();
  create temporary table value_slices as
  select id, max(digits) filter (where measure = 'repeats') as repeats, max(digits) filter (where measure = 'seconds') as seconds,
    max(digits) filter (where measure = 'timed') as timed
  from (
    select id, measure, array_agg(bits_of(coalesce(d.numbers, '{}'), g.zeros) order by place) as digits
    from (select id, measure, generate_series(0, max(place)) as place from value_digits group by id, measure) places
    left join value_digits d using (id, measure, place)
    join fresh_values f using (id)
    join (select day, segment, repeat('0', count(*)::integer)::bit varying as zeros from started_sessions group by day, segment) g
      on g.day = f.day and g.segment = f.segment
    group by id, measure
  ) measures
  group by id;
  drop table value_digits;
end
$$;

-- Brings session_values of a site's days up to date. Rows that are right are not written again: of a day that goes on, those of its
-- former segments are.
create or replace function pack_session_values(site text, first date, last date) returns void
language plpgsql
-- The planner takes arrays for large, and would sort millions of texts where a hash groups them in half of the time.
set enable_sort = off
as $$
begin
  perform collect_session_values();
  perform collect_steps();
  perform collect_event_values(site, first, last);
  perform share_rare_values();
  perform slice_values();
  create temporary table packed_values (like session_values including storage);
  insert into packed_values (
    site_id, day, segment, dimension, hash, value, rare, firsts, lasts, sessions, numbers, bits, repeats, seconds, timed,
    amounts, steps
  )
  select site, f.day, f.segment, f.dimension, case when f.value is null then 0 else hashtextextended(f.value, 0) end as hash,
    f.value, f.rare, f.firsts, f.lasts, f.sessions,
    case
      when f.value is null then f.numbers
      when is_counted(f.dimension) then '{}'
      when f.dimension in ('page', 'event') then array(select number from unnest(f.numbers) as number where number >= 0)
      else f.numbers
    end as numbers,
    case when f.value is not null and not has_steps(f.dimension) then bits_of(f.numbers, g.zeros) end as bits,
    s.repeats, s.seconds, s.timed, f.amounts, f.steps
  from fresh_values f
  join (
    select day, segment, repeat('0', count(*)::integer)::bit varying as zeros from started_sessions group by day, segment
  ) g using (day, segment)
  left join value_slices s using (id);
  drop table fresh_values, value_slices;
  create index on packed_values (day, dimension, hash);
  analyze packed_values;

  delete from session_values t
  where t.site_id = site and t.day between first and last
    and not exists (
      select from packed_values f
      where f.day = t.day and f.segment = t.segment and f.dimension = t.dimension and f.hash = t.hash
        and (f.value, f.rare, f.firsts, f.numbers, f.bits, f.repeats, f.seconds, f.timed, f.amounts, f.steps)
          is not distinct from
            (t.value, t.rare, t.firsts, t.numbers, t.bits, t.repeats, t.seconds, t.timed, t.amounts, t.steps)
    );
  insert into session_values
  select f.*
  from packed_values f
  left join session_values t
    on t.site_id = site and t.day = f.day and t.segment = f.segment and t.dimension = f.dimension and t.hash = f.hash
      and t.value is not distinct from f.value
  where t.site_id is null
  -- What a question reads stands together: with nothing in memory, each place is a look at the disk.
  order by f.dimension, f.hash, f.day, f.segment;
  drop table packed_values;
end
$$;
