alter table sites
  drop column trailing_slash,
  drop column index_html,
  drop column page_parameters;
