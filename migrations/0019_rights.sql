-- What the service's role may do. It reads everything; scopes, files and revisions it changes only through the doors.
-- The role itself is made by `memory-api migrate`, since it belongs to the cluster and not to this database.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO memex_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO memex_app;
GRANT USAGE ON SEQUENCE mx_access_log_entry TO memex_app;
GRANT INSERT ON mx_access_log TO memex_app;
GRANT INSERT, UPDATE, DELETE ON mx_request, mx_config, mx_token, mx_dream, mx_dream_op, mx_dream_state TO memex_app;
GRANT UPDATE ON mx_workspace TO memex_app;
GRANT EXECUTE ON FUNCTION mx_now(), mx_setting_1(bigint, text), mx_limit_1(bigint, text), mx_dreaming_1(bigint), mx_rearm_1(bigint) TO memex_app;
GRANT EXECUTE ON FUNCTION mx_scope_open_1(bigint, smallint, text, boolean), mx_scope_lock_1(bigint), mx_partition_1(date) TO memex_app;
GRANT EXECUTE ON FUNCTION mx_end_dream_1(bigint, uuid, text, text, boolean, text[]), mx_lease_1(bigint, uuid, bigint, uuid), mx_claim_1(uuid, text, integer) TO memex_app;
GRANT EXECUTE ON FUNCTION mx_commit_1(bigint[], smallint[], text[], text[], bytea[], bigint[], uuid[], uuid[], bytea[], text[], uuid[], smallint[], text[], uuid[],
  bytea[], bytea[], boolean[], boolean[], boolean[]) TO memex_app;
GRANT EXECUTE ON FUNCTION mx_dream_read_1(bigint, uuid, bigint, uuid, text[], boolean, smallint, text, bytea),
  mx_dream_stage_1(bigint, uuid, bigint, uuid, smallint, text, bigint, text, bytea, bigint, boolean, smallint, text, bytea[], text, bytea) TO memex_app;
