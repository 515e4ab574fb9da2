-- How dreaming stands in a workspace. Each figure is a walk of an index that holds no more than what it counts.
CREATE FUNCTION mx_status_1(p_workspace bigint)
RETURNS TABLE (
  deployment_enabled boolean, workspace_enabled boolean, due bigint, oldest_due_at timestamptz, requested bigint,
  running bigint, waiting bigint, parked bigint, paused bigint, at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
  at := mx_now();
  deployment_enabled := mx_setting_1(0, 'dream_enabled')::boolean;
  workspace_enabled := coalesce(
    (SELECT value FROM mx_config WHERE workspace_id = p_workspace AND key = 'dream_enabled')::boolean, false);
  SELECT count(*), min(due_at) INTO due, oldest_due_at
    FROM mx_dream_state WHERE workspace_id = p_workspace AND due_at <= at;
  SELECT count(*) INTO requested
    FROM mx_dream WHERE workspace_id = p_workspace AND state = 'requested';
  SELECT count(*) INTO running
    FROM mx_dream WHERE workspace_id = p_workspace AND state = 'running';
  SELECT count(*) INTO waiting
    FROM mx_dream WHERE workspace_id = p_workspace AND state = 'proposed';
  SELECT count(*) FILTER (WHERE st.parked), count(*) FILTER (WHERE st.paused) INTO parked, paused
    FROM mx_dream_state st WHERE st.workspace_id = p_workspace AND (st.parked OR st.paused);
  RETURN NEXT;
END $$;
COMMENT ON FUNCTION mx_status_1(bigint) IS
  'How dreaming stands in a workspace: the switches, who is due, what runs and waits.';
