-- Ends the open dreams of a workspace (0: of all) as `canceled`, as the switch does; returns how many. The
-- workspaces are locked first, so that a claim under way is waited for, and the next one comes after this
-- transaction.
CREATE FUNCTION mx_cancel_workspace_1(p_workspace bigint, p_cause text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE l_scope bigint; l_count bigint := 0;
BEGIN
  PERFORM FROM mx_workspace WHERE p_workspace IN (0, workspace_id) ORDER BY workspace_id FOR NO KEY UPDATE;
  FOR l_scope IN
    SELECT scope_id
      FROM mx_dream
      WHERE p_workspace IN (0, workspace_id) AND state IN ('requested', 'running')
      ORDER BY scope_id
  LOOP
    IF mx_cancel_scope_1(l_scope, p_cause) IS NOT NULL THEN l_count := l_count + 1; END IF;
  END LOOP;
  RETURN l_count;
END $$;
