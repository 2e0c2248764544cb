drop table refused_origins;
