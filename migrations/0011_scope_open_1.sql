-- Finds a scope, or creates it with its dream state. p_create false: no scope where there is none. The ids tell users
-- from what a workspace shares: a user's is positive, a shared scope has the negative id of its workspace.
-- p_hmac, p_key: of a user, as in mx_erasure and mx_erasure_key; NULL where the service has no key.
-- outcome: 0 done, 1 the user was erased or is being erased, 2 nobody can tell: the key is not that of the tombstones.
CREATE FUNCTION mx_scope_open_1(
  p_workspace bigint, p_kind smallint, p_user text, p_create boolean,
  p_hmac bytea DEFAULT NULL, p_key bytea DEFAULT NULL)
RETURNS TABLE (scope_id bigint, outcome smallint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE l_erasing boolean; l_new bigint; l_made bigint;
BEGIN
  outcome := 0;
  FOR l_look IN 1..2 LOOP
    SELECT s.scope_id, s.erasing
      INTO scope_id, l_erasing
      FROM mx_scope s
      WHERE s.workspace_id = p_workspace AND s.kind = p_kind AND s.user_id = p_user;
    IF p_kind = 1 AND (scope_id IS NULL OR scope_id = l_made OR l_erasing) THEN
      -- Again after the INSERT: the erasure of a scope of this user may have ended between the two.
      outcome := CASE
        WHEN l_erasing
          OR EXISTS (SELECT FROM mx_erasure
                       WHERE workspace_id = p_workspace AND user_hmac = p_hmac AND readmitted_at IS NULL) THEN 1
        WHEN p_create AND EXISTS (SELECT FROM mx_erasure_key WHERE key_id IS DISTINCT FROM p_key) THEN 2
        ELSE 0 END;
    END IF;
    IF outcome <> 0 THEN
      DELETE FROM mx_scope WHERE scope_id = l_made;
      scope_id := NULL;
    END IF;
    EXIT WHEN outcome <> 0 OR scope_id IS NOT NULL OR NOT p_create;
    IF p_kind = 2 THEN
      l_new := -p_workspace;
    ELSE
      l_new := nextval(pg_get_serial_sequence('mx_scope', 'scope_id'));
    END IF;
    INSERT INTO mx_scope (scope_id, workspace_id, kind, user_id)
      OVERRIDING SYSTEM VALUE
      VALUES (l_new, p_workspace, p_kind, p_user)
      ON CONFLICT DO NOTHING
      RETURNING scope_id INTO l_made;
    -- NULL: another transaction opened it meanwhile. It has committed, or ON CONFLICT would wait.
  END LOOP;
  IF scope_id = l_made AND p_kind = 1 THEN
    INSERT INTO mx_dream_state (scope_id, workspace_id) VALUES (scope_id, p_workspace);
  END IF;
  RETURN NEXT;
END $$;
COMMENT ON FUNCTION mx_scope_open_1(bigint, smallint, text, boolean, bytea, bytea) IS
  'Finds the scope of a user or of what a workspace shares, or creates it; refuses an erased user.';
