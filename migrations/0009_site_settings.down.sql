alter table sites
  drop column retention_days,
  drop column redact_names,
  drop column exclude_paths,
  drop column exclude_networks;
