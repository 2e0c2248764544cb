drop table definition_changes, bot_days;
alter table sites drop column count_bots;
alter table events_log drop column bot;
