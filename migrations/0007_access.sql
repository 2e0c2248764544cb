-- 0007_access: who else may look: API keys of programs, and links that show one site to whoever has them.
--
-- Why:      the admin token opens everything; a report or a customer should see one site, until that is revoked.
--           Of a key only the SHA-256 is kept: a copy of the database opens nothing. A link's slug stands as it is,
--           since its owner has to find it again; whoever can read it here can read the figures, too.
--           Both tables stay small. Like sites they would be on every node of several, so a look-up by a key's hash or
--           a link's slug needs no site; where a row has a site for sure, that is in its key.
-- Locks:    none on existing tables.
-- Rollback: 0007_access.down.sql; every key and every link is revoked by it.

create table api_keys (
  id           bigint       generated always as identity primary key,
  site_id      varchar(100),          -- null: all sites
  name         text         not null,
  scope        text         not null check (scope in ('read', 'write')), -- write: also who else may look at the site
  key_hash     bytea        not null unique check (octet_length(key_hash) = 32),
  prefix       text         not null, -- its first characters, to tell it by in lists
  created_at   timestamptz  not null default now(),
  last_used_at timestamptz,           -- to the minute
  revoked_at   timestamptz
);

create table share_links (
  id            bigint       generated always as identity,
  site_id       varchar(100) not null,
  slug          text         not null, -- 128 random bits
  name          text         not null,
  password_hash text,                  -- null: the link is enough
  cookie_key    bytea        not null, -- signs the cookies of those who opened it
  embed_origins text[]       not null default '{}', -- pages of these may show it in a frame
  created_at    timestamptz  not null default now(),
  revoked_at    timestamptz,
  primary key (site_id, id),
  unique (slug, site_id),
  -- A frame of another site gets no cookie, so it could not remember that the password was given.
  check (password_hash is null or embed_origins = '{}')
);
