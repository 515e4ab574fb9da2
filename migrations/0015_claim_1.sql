-- Claims dreams for a worker, walking the workspaces, least recently served first. In each, under its lock and in
-- this order: ends expired leases, counts what runs in a later statement than the lock, takes the dreams that people
-- asked for, then due scopes, then dreams that follow others, each under its scope's lock and checked again. A due
-- scope whose user wrote since is armed for later instead: at most 100 of these in one claim. They are due no more,
-- so that the next claim goes on behind them.
CREATE FUNCTION mx_claim_1(p_worker uuid, p_worker_name text, p_max integer)
RETURNS TABLE (scope_id bigint, dream_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
  w bigint; c record; d record; l_room integer; l_given integer := 0; l_before integer; l_later integer := 0;
  l_dream uuid; l_lease interval; t timestamptz;
BEGIN
  l_lease := make_interval(secs => mx_setting_1(0, 'dream_lease_seconds')::integer);
  FOR w IN SELECT workspace_id FROM mx_workspace ORDER BY last_served_at NULLS FIRST, workspace_id LOOP
    EXIT WHEN l_given >= p_max;
    PERFORM FROM mx_workspace WHERE workspace_id = w FOR NO KEY UPDATE SKIP LOCKED;   -- guard: workspace
    CONTINUE WHEN NOT FOUND;   -- guard: workspace
    FOR d IN SELECT scope_id, dream_id FROM mx_dream
          WHERE workspace_id = w AND state = 'running' AND lease_expires_at <= mx_now()
          ORDER BY scope_id LOOP
      PERFORM FROM mx_scope WHERE scope_id = d.scope_id FOR NO KEY UPDATE SKIP LOCKED;
      CONTINUE WHEN NOT FOUND;
      PERFORM FROM mx_dream
        WHERE scope_id = d.scope_id AND dream_id = d.dream_id AND state = 'running' AND lease_expires_at <= mx_now();
      IF FOUND THEN PERFORM mx_end_dream_1(d.scope_id, d.dream_id, 'lost', 'the lease expired', false, '{}'); END IF;
    END LOOP;
    CONTINUE WHEN NOT mx_dreaming_1(w);
    l_before := l_given;
    l_room := mx_setting_1(w, 'dream_concurrency')::integer
      - (SELECT count(*) FROM mx_dream WHERE workspace_id = w AND state = 'running');
    FOR c IN SELECT * FROM mx_claim_requested_1(p_worker, p_worker_name, w, false, least(l_room, p_max - l_given)) LOOP
      l_room := l_room - 1; l_given := l_given + 1; scope_id := c.scope_id; dream_id := c.dream_id; RETURN NEXT;
    END LOOP;
    t := mx_now();   -- as a value it bounds the scan of the index; mx_now() is volatile and would be a filter
    FOR c IN SELECT scope_id FROM mx_dream_state
          WHERE workspace_id = w AND due_at <= t
          ORDER BY due_at LIMIT 1000 LOOP
      EXIT WHEN l_room <= 0 OR l_given >= p_max;
      PERFORM FROM mx_scope WHERE scope_id = c.scope_id FOR NO KEY UPDATE SKIP LOCKED;
      CONTINUE WHEN NOT FOUND;
      IF coalesce(mx_rearm_1(c.scope_id) > mx_now(), true) THEN   -- with the keys as they are now
        l_later := l_later + 1;
        EXIT WHEN l_later >= 100;
        CONTINUE;
      END IF;
      -- What was written since comes before the probable copies of an earlier dream.
      PERFORM mx_cancel_scope_1(c.scope_id, 'a dream of what was written since comes first');
      t := mx_now(); l_dream := gen_random_uuid();
      INSERT INTO mx_dream (scope_id, dream_id, workspace_id, state, mode, curator, requested,
          max_ops, max_files, max_bytes, max_read_bytes, max_seconds,
          fence, attempts, worker, worker_name, lease_expires_at, snapshot_sequence, as_of, created_at, claimed_at)
        SELECT c.scope_id, l_dream, w, 'running',
          mx_user_setting_1(w, c.scope_id, 'dream_mode'), mx_setting_1(w, 'dream_curator'), false,
          mx_user_setting_1(w, c.scope_id, 'dream_max_writes')::integer,
          mx_user_setting_1(w, c.scope_id, 'dream_max_files')::integer,
          mx_user_setting_1(w, c.scope_id, 'dream_max_bytes')::bigint,
          mx_setting_1(w, 'dream_max_read_bytes')::bigint, mx_setting_1(w, 'dream_max_seconds')::integer,
          1, 1, p_worker, p_worker_name, t + l_lease, s.sequence, (t AT TIME ZONE 'UTC')::date, t, t
        FROM mx_scope s WHERE s.scope_id = c.scope_id;
      PERFORM mx_rearm_1(c.scope_id);   -- a running dream blocks: due_at becomes NULL
      l_room := l_room - 1; l_given := l_given + 1; scope_id := c.scope_id; dream_id := l_dream; RETURN NEXT;
    END LOOP;
    FOR c IN SELECT * FROM mx_claim_requested_1(p_worker, p_worker_name, w, true, least(l_room, p_max - l_given)) LOOP
      l_room := l_room - 1; l_given := l_given + 1; scope_id := c.scope_id; dream_id := c.dream_id; RETURN NEXT;
    END LOOP;
    IF l_given > l_before THEN
      t := mx_now();
      UPDATE mx_workspace SET last_served_at = t WHERE workspace_id = w;
    END IF;
  END LOOP;
END $$;
