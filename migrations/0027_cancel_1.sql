-- Ends the open dream of a scope as `canceled`: what a pause does in its own transaction. Returns it; NULL where there is none.
CREATE FUNCTION mx_cancel_scope_1(p_scope bigint, p_cause text) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE l_dream uuid;
BEGIN
  PERFORM FROM mx_scope WHERE scope_id = p_scope FOR NO KEY UPDATE;
  SELECT dream_id INTO l_dream FROM mx_dream WHERE scope_id = p_scope AND state IN ('requested', 'running');
  IF FOUND THEN PERFORM mx_end_dream_1(p_scope, l_dream, 'canceled', p_cause, false, '{}'); END IF;
  RETURN l_dream;
END $$;
-- The same for a workspace (0: for all), as the switch does; returns how many. The workspaces are locked first, so that a
-- claim under way is waited for, and the next one comes after this transaction.
CREATE FUNCTION mx_cancel_workspace_1(p_workspace bigint, p_cause text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE l_scope bigint; l_count bigint := 0;
BEGIN
  PERFORM FROM mx_workspace WHERE p_workspace IN (0, workspace_id) ORDER BY workspace_id FOR NO KEY UPDATE;
  FOR l_scope IN SELECT scope_id FROM mx_dream WHERE p_workspace IN (0, workspace_id) AND state IN ('requested', 'running') ORDER BY scope_id LOOP
    IF mx_cancel_scope_1(l_scope, p_cause) IS NOT NULL THEN l_count := l_count + 1; END IF;
  END LOOP;
  RETURN l_count;
END $$;
