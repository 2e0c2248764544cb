-- How the values of a dimension are compared: sources and campaigns whatever their case, and a platform under one name.

-- The text in lower case, the same on every server: ICU's root collation is in Postgres 15 to 18 and in PGlite. The database's own
-- would leave "FRÜHLING" as it is in the locale C, and make "lınkedın" of "LINKEDIN" in Turkish.
create or replace function fold_case(value text) returns text
language sql immutable parallel safe as $$
  select lower(value collate "und-x-icu")
$$;

-- A campaign's parameter as dimensions have it, without blanks around it; null where nothing is left.
create or replace function folded_tag(value text) returns text
language sql immutable parallel safe as $$
  select nullif(btrim(fold_case(value), E' \t\r\n'), '')
$$;

-- The name of a platform for what a campaign calls it (twitter, m.facebook.com); any other source as it is. `tag` is folded.
create or replace function source_name(tag text) returns text
language sql immutable parallel safe as $$
  select coalesce(
    platform_names() ->> tag,
    case when strpos(tag, '.') > 0 then coalesce(
      platform_names() ->> ('=' || regexp_replace(tag, '^www\.', '')),
      platform_names() ->> substring(tag from '[^.]+\.[^.]+$')
    ) end,
    tag
  )
$$;

-- What tells the source of a session, for source_name: what its campaign says, else its referrer's platform or host; null where there is
-- none. A referrer from the site itself is none.
create or replace function source_tag(utm_source text, referrer_type text, referrer_platform text, referrer_host text) returns text
language sql immutable parallel safe as $$
  select folded_tag(coalesce(
    nullif(btrim(utm_source, E' \t\r\n'), ''),
    case when referrer_type is distinct from 'internal' then coalesce(referrer_platform, referrer_host) end
  ))
$$;

-- A value that somebody asks for, as the dictionary has it.
create or replace function dimension_value(dimension text, value text) returns text
language sql immutable parallel safe as $$
  select case
    when dimension = 'source' then coalesce(source_name(folded_tag(value)), '')
    when starts_with(dimension, 'utm_') then coalesce(folded_tag(value), '')
    when dimension = 'referrer' then fold_case(value)
    when dimension in ('page', 'entry', 'exit') then canonical_path(value)
    else value
  end
$$;

-- Parts of a dimension's values that somebody searches for: a folded value contains one of them, or not.
create or replace function searched_texts(dimension text, texts text[]) returns text[]
language sql immutable parallel safe as $$
  select array(
    select fold_case(case when dimension in ('page', 'entry', 'exit') then canonical_path(text) else text end) from unnest(texts) as text
  )
$$;
