-- Locks a dream's row and says whether the caller holds it: 0 held, 1 lost, 2 overtaken, 3 out of time, 4 sealed.
-- Takes no lock of a scope, so that staging never waits behind a write.
CREATE FUNCTION mx_lease_1(p_scope bigint, p_dream uuid, p_fence bigint, p_worker uuid) RETURNS smallint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE d mx_dream; t timestamptz; l_held boolean; l_moved bigint;
BEGIN
  SELECT * INTO d FROM mx_dream WHERE scope_id = p_scope AND dream_id = p_dream FOR NO KEY UPDATE;
  t := mx_now();
  IF d.dream_id IS NULL THEN RETURN 1; END IF;
  l_held := d.state = 'running' AND d.fence = p_fence AND d.worker IS NOT DISTINCT FROM p_worker
    AND d.lease_expires_at > t;
  IF NOT l_held THEN RETURN 1; END IF;   -- guard: lease
  l_moved := (SELECT moved_sequence FROM mx_scope WHERE scope_id = p_scope);
  IF l_moved > d.snapshot_sequence THEN RETURN 2; END IF;   -- guard: overtaken
  IF d.sealed IS NOT NULL THEN RETURN 4; END IF;   -- in time, however long judging takes
  IF d.claimed_at + make_interval(secs => d.max_seconds) <= t THEN RETURN 3; END IF;
  RETURN 0;
END $$;
