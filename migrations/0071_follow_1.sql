-- Requests the dream of probable copies that follows one which counted some, where `dream_near` wants it: after an
-- `applied` or `noop` dream that follows no other, while none is open. The caller holds the scope's lock, and has seen
-- that a pair of them is new. It holds up no other dream: mx_claim_1 takes it last. Returns it; NULL: none is wanted.
CREATE FUNCTION mx_follow_1(p_scope bigint, p_dream uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE d mx_dream; l_near text; l_new uuid;
BEGIN
  SELECT * INTO d FROM mx_dream WHERE scope_id = p_scope AND dream_id = p_dream;
  l_near := mx_setting_1(d.workspace_id, 'dream_near');
  IF d.state NOT IN ('applied', 'noop') OR d.near <> 'off' OR d.follows IS NOT NULL OR d.reverts IS NOT NULL
      OR l_near = 'off' OR mx_may_dream_1(p_scope, true) IS NOT NULL
      OR EXISTS (SELECT FROM mx_dream WHERE scope_id = p_scope AND state IN ('requested', 'running')) THEN
    RETURN NULL;
  END IF;
  l_new := gen_random_uuid();
  INSERT INTO mx_dream (scope_id, dream_id, workspace_id, state, mode, curator, near, follows, requested, as_of,
      trace_parent, max_ops, max_files, max_bytes, max_read_bytes, max_seconds, created_at)
    VALUES (p_scope, l_new, d.workspace_id, 'requested', mx_user_setting_1(d.workspace_id, p_scope, 'dream_mode'),
      d.curator, l_near, p_dream, false, d.as_of,
      d.trace_parent, d.max_ops, d.max_files, d.max_bytes, d.max_read_bytes, d.max_seconds, mx_now());
  RETURN l_new;
END $$;
COMMENT ON FUNCTION mx_follow_1(bigint, uuid) IS
  'Requests the dream of probable copies that follows one which counted some.';
