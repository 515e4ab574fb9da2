-- Claims requested dreams of a workspace for a worker, at most p_max, the longest waiting first, each under its
-- scope's lock. p_follow: those that follow another dream; else those that people asked for. Each gets all that
-- mx_claim_1 sets. The first attempt skips the back-off. The caller holds the workspace's lock and has counted what
-- runs.
CREATE FUNCTION mx_claim_requested_1(
  p_worker uuid, p_worker_name text, p_workspace bigint, p_follow boolean, p_max integer)
RETURNS TABLE (scope_id bigint, dream_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE c record; l_given integer := 0; l_sequence bigint; l_lease interval; t timestamptz := mx_now();
BEGIN
  l_lease := make_interval(secs => mx_setting_1(0, 'dream_lease_seconds')::integer);
  FOR c IN SELECT r.scope_id, r.dream_id
        FROM mx_dream r JOIN mx_dream_state b ON b.scope_id = r.scope_id
        WHERE r.workspace_id = p_workspace AND r.state = 'requested' AND (r.follows IS NOT NULL) = p_follow
          AND (r.attempts = 0 OR coalesce(b.not_before <= t, true))
        ORDER BY r.created_at LIMIT 1000 LOOP
    EXIT WHEN l_given >= p_max;
    PERFORM FROM mx_scope WHERE scope_id = c.scope_id FOR NO KEY UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND OR mx_may_dream_1(c.scope_id, true) IS NOT NULL;
    t := mx_now();
    SELECT sequence INTO l_sequence FROM mx_scope WHERE scope_id = c.scope_id;
    UPDATE mx_dream SET state = 'running', fence = fence + 1, attempts = attempts + 1,
        worker = p_worker, worker_name = p_worker_name,
        lease_expires_at = t + l_lease, claimed_at = t, cause = '',
        as_of = coalesce(as_of, (t AT TIME ZONE 'UTC')::date),
        snapshot_sequence = l_sequence
      WHERE scope_id = c.scope_id AND dream_id = c.dream_id AND state = 'requested';
    CONTINUE WHEN NOT FOUND;
    PERFORM mx_rearm_1(c.scope_id);   -- a running dream blocks: due_at becomes NULL
    l_given := l_given + 1; scope_id := c.scope_id; dream_id := c.dream_id; RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION mx_claim_requested_1(uuid, text, bigint, boolean, integer) IS
  'Claims requested dreams of a workspace: those that people asked for, or those that follow another dream.';
