do $$
begin
  execute format('alter database %I reset default_toast_compression', current_database());
exception when insufficient_privilege then
  null; -- nor could it be set
end
$$;
