drop view if exists nothing;
