-- Finds a scope, or creates it with its dream state. p_create false: NULL where there is none.
CREATE FUNCTION mx_scope_open_1(p_workspace bigint, p_kind smallint, p_user text, p_create boolean) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE l_scope bigint;
BEGIN
  SELECT scope_id INTO l_scope FROM mx_scope WHERE workspace_id = p_workspace AND kind = p_kind AND user_id = p_user;
  IF l_scope IS NOT NULL OR NOT p_create THEN RETURN l_scope; END IF;
  INSERT INTO mx_scope (workspace_id, kind, user_id) VALUES (p_workspace, p_kind, p_user) ON CONFLICT ON CONSTRAINT mx_scope_user DO NOTHING
    RETURNING scope_id INTO l_scope;
  IF l_scope IS NULL THEN   -- another opened it meanwhile; it has committed, or ON CONFLICT would wait
    SELECT scope_id INTO l_scope FROM mx_scope WHERE workspace_id = p_workspace AND kind = p_kind AND user_id = p_user;
  ELSIF p_kind = 1 THEN
    INSERT INTO mx_dream_state (scope_id, workspace_id) VALUES (l_scope, p_workspace);
  END IF;
  RETURN l_scope;
END $$;
