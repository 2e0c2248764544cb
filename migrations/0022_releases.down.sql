drop table schema_releases;
