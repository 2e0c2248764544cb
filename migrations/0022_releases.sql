-- 0022_releases: which releases have migrated this database.
--
-- Why:      db:migrate of an older release replaced newer procedures by its own, and dropped those it did not know. With this table it can
--           tell that the database has gone on.
-- Locks:    none; the table is new.
-- Rollback: 0022_releases.down.sql drops it. The release that goes back then puts its procedures in place, as before.

create table schema_releases (
  procedures  text        primary key, -- SHA-256 over the names and checksums of the release's files of procedures, hex
  release     text        not null,    -- as 0.1.0; builds of one release may differ in procedures
  migrated_at timestamptz not null default clock_timestamp()
);
