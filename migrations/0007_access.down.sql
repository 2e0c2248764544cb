drop table share_links;
drop table api_keys;
