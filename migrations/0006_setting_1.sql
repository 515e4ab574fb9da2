-- A key's value in force: the workspace's, else the deployment's, else the default. PL/pgSQL, which keeps the plan: an
-- SQL function that cannot be inlined is parsed and planned anew in every transaction (0.3 ms a write, measured).
CREATE FUNCTION mx_setting_1(p_workspace bigint, p_key text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce(
    (SELECT value FROM mx_config WHERE workspace_id = p_workspace AND key = p_key),
    (SELECT value FROM mx_config WHERE workspace_id = 0 AND key = p_key),
    (SELECT default_value FROM mx_config_key WHERE key = p_key));
END $$;
