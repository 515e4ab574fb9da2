-- What the service's role may do: it reads everything; scopes, files and revisions it changes only through the
-- functions, each of them a door with a rule. After every function, so that none is forgotten.
-- The role itself is made by `memory-api migrate`, since it belongs to the cluster and not to this database.
DO $$
DECLARE l_schema text := quote_ident(current_schema());
BEGIN
  EXECUTE 'REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA ' || l_schema || ' FROM PUBLIC';
  EXECUTE 'GRANT USAGE ON SCHEMA ' || l_schema || ' TO memex_app';
  EXECUTE 'GRANT SELECT ON ALL TABLES IN SCHEMA ' || l_schema || ' TO memex_app';
  EXECUTE 'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ' || l_schema || ' TO memex_app';
END $$;
GRANT USAGE ON SEQUENCE mx_access_log_entry TO memex_app;
GRANT INSERT ON mx_access_log, mx_imported TO memex_app;
GRANT INSERT, UPDATE, DELETE
  ON mx_request, mx_config, mx_user_config, mx_token, mx_dream, mx_dream_op, mx_dream_state
  TO memex_app;
GRANT INSERT, DELETE ON mx_forgotten TO memex_app;
GRANT UPDATE ON mx_workspace TO memex_app;
GRANT UPDATE (line) ON mx_imported TO memex_app;
GRANT UPDATE (readmitted_at, readmitted_by) ON mx_erasure TO memex_app;
