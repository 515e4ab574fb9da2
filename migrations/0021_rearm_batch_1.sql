-- Arms a workspace's scopes again after a key changed, a batch in a transaction, each under its scope's lock, in order.
-- Returns whether any are left.
CREATE FUNCTION mx_rearm_batch_1(p_workspace bigint, p_limit integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE l_from bigint; l_scope bigint; l_last bigint; l_count integer := 0;
BEGIN
  SELECT rearm_from INTO l_from FROM mx_workspace WHERE workspace_id = p_workspace FOR NO KEY UPDATE;
  IF l_from IS NULL THEN RETURN false; END IF;
  FOR l_scope IN
    SELECT st.scope_id
      FROM mx_dream_state st
      JOIN mx_scope s USING (scope_id)
      WHERE st.workspace_id = p_workspace AND st.scope_id > l_from AND (s.new_changes > 0 OR st.dirty)
      ORDER BY st.scope_id
      LIMIT p_limit
  LOOP
    PERFORM FROM mx_scope WHERE scope_id = l_scope FOR NO KEY UPDATE;
    PERFORM mx_rearm_1(l_scope);
    l_last := l_scope; l_count := l_count + 1;
  END LOOP;
  UPDATE mx_workspace SET rearm_from = CASE WHEN l_count = p_limit THEN l_last END WHERE workspace_id = p_workspace;
  RETURN l_count = p_limit;
END $$;
