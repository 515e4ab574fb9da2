-- A numeric limit in force: a workspace may only narrow what the deployment says.
CREATE FUNCTION mx_limit_1(p_workspace bigint, p_key text) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN least(mx_setting_1(p_workspace, p_key)::bigint, mx_setting_1(0, p_key)::bigint);
END $$;
