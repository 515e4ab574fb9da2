-- When a scope is due next: the one place that decides it. The caller holds the scope's lock.
CREATE FUNCTION mx_rearm_1(p_scope bigint) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  s record; d record; l_new integer; l_sequence bigint; l_at timestamptz; l_dirty boolean; l_blocked boolean; l_due timestamptz;
BEGIN
  SELECT workspace_id, erasing INTO s FROM mx_scope WHERE scope_id = p_scope;
  SELECT * INTO d FROM mx_dream_state WHERE scope_id = p_scope FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;   -- a shared scope never dreams
  SELECT count(*), coalesce(max(sequence), 0), max(at) INTO l_new, l_sequence, l_at
    FROM mx_revision WHERE scope_id = p_scope AND sequence > d.watermark AND qualifies;
  UPDATE mx_scope SET new_changes = l_new WHERE scope_id = p_scope AND new_changes <> l_new;
  l_dirty := d.more OR l_new >= mx_setting_1(s.workspace_id, 'dream_min_changes')::integer;
  l_blocked := d.paused OR d.parked OR s.erasing
    OR d.proposal IS NOT NULL AND l_sequence <= d.proposal_sequence
    OR EXISTS (SELECT FROM mx_dream WHERE scope_id = p_scope AND state IN ('requested', 'running'));
  IF l_dirty AND NOT l_blocked THEN
    l_due := greatest(
      l_at + make_interval(mins => mx_setting_1(s.workspace_id, 'dream_grace_period_minutes')::integer) * least(power(2, d.overtaken_in_row), 8),
      d.last_moved_at + make_interval(mins => mx_setting_1(s.workspace_id, 'dream_interval_minutes')::integer),
      d.not_before,
      '-infinity');
    IF l_due = '-infinity' THEN l_due := mx_now(); END IF;
  END IF;
  UPDATE mx_dream_state SET dirty = l_dirty, due_at = l_due WHERE scope_id = p_scope
    AND (dirty, due_at) IS DISTINCT FROM (l_dirty, l_due);
  RETURN l_due;
END $$;
