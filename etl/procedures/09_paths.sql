-- The one form in which a page's path is stored and asked for, however it was spelled (etl/definitions.md). The collector's exclusions
-- have the same function in events/page_path.ts; tests/page_path_test.ts compares the two.

-- The text with its blanks, control characters and marks of direction percent-encoded.
create or replace function encoded_invisible(path text) returns text
language sql immutable parallel safe as $$
  select case when path !~ '[\u0080-\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\uffff]' then path
  else (
    select string_agg(
      case
        when letter ~ '[\u0080-\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\uffff]'
        then regexp_replace(upper(encode(convert_to(letter, 'UTF8'), 'hex')), '(..)', '%\1', 'g')
        else letter
      end, '' order by place)
    from regexp_split_to_table(path, '') with ordinality as letters(letter, place)
  ) end
$$;

-- What canonical_path makes of a path that is not plain.
create or replace function decoded_path(path text) returns text
language sql immutable parallel safe as $$
  with decoded as (
    select string_agg(
      case
        when token = '%' then '%25'
        when token !~ '^%' then token
        -- Of ASCII what browsers never encode, and what they always do.
        when length(token) = 3 and upper(token) !~ '^%(2[02DE]|3[0-9CE]|4[1-9A-F]|5[0-9AEF]|6[0-9A-F]|7[0-9A-E])$' then upper(token)
        else convert_from(decode(replace(token, '%', ''), 'hex'), 'UTF8')
      end, '' order by place
    ) as path
    from regexp_matches(decoded_path.path, '(' ||
      '%C[2-9A-F]%[89AB][0-9A-F]|%D[0-9A-F]%[89AB][0-9A-F]|' || -- two bytes
      '%E0%[AB][0-9A-F]%[89AB][0-9A-F]|%E[1-9A-CEF]%[89AB][0-9A-F]%[89AB][0-9A-F]|%ED%[89][0-9A-F]%[89AB][0-9A-F]|' || -- three
      '%F0%[9AB][0-9A-F](%[89AB][0-9A-F]){2}|%F[1-3](%[89AB][0-9A-F]){3}|%F4%8[0-9A-F](%[89AB][0-9A-F]){2}|' || -- four
      '%[0-9A-F]{2}|[^%]+|%)', 'gi') with ordinality as tokens(parts, place)
    cross join lateral (select parts[1] as token) t
  ), pieces as (
    select place, parts[1] as piece
    from decoded, regexp_matches(decoded.path, '(%..|[^%]+)', 'g') with ordinality as pieces(parts, place)
  )
  -- No escape is cut in two.
  select regexp_replace(left(string_agg(
    case when piece ~ '^%' then piece else encoded_invisible(normalize(piece, NFC)) end, '' order by place
  ), 2048), '%.?$', '')
  from pieces
$$;

-- The path with its percent-encoded characters decoded, but for those that mean something else then: the delimiters of URLs, control
-- characters, and characters that nobody sees. These are encoded, in upper case, also where they were sent as they are. So is a percent
-- sign that encodes nothing: what is decoded after it must not make it encode something. Bytes that are no UTF-8 stay encoded. NFC, of the
-- text between what stays encoded. Nearly all paths are plain, and stay as they are.
create or replace function canonical_path(path text) returns text
language sql immutable parallel safe as $$
  select case when strpos(path, '%') = 0 and octet_length(path) = length(path) then path else decoded_path(path) end
$$;

-- Writes the paths of some sessions in this form where releases before it stored them as they were sent. The caller holds the locks of
-- their rows of user_sessions. A row that a batch is correcting is skipped: the batch waits for the session.
create or replace function rewrite_paths(sites text[], sessions text[]) returns void
language plpgsql as $$
declare
  v_table  text;
  v_column text;
begin
  for v_table, v_column in values ('pageviews', 'path'), ('user_events', 'page_path'), ('form_submissions', 'page_path') loop
    execute format($sql$
      update %1$I t set %2$I = canonical_path(t.%2$I)
      where t.ctid = any (array(
        select f.ctid
        from unnest($1, $2) as own(site_id, session_id)
        cross join lateral (
          select f.ctid from %1$I f
          where f.site_id = own.site_id and f.session_id = own.session_id and canonical_path(f.%2$I) <> f.%2$I
          for no key update skip locked
        ) f
      ))
    $sql$, v_table, v_column) using sites, sessions;
  end loop;
  update user_sessions t set entry_path = canonical_path(t.entry_path), exit_path = canonical_path(t.exit_path)
  from unnest(sites, sessions) as own(site_id, session_id)
  where t.site_id = own.site_id and t.session_id = own.session_id
    and (canonical_path(t.entry_path) <> t.entry_path or canonical_path(t.exit_path) <> t.exit_path);
end
$$;
