-- Decides when a scope is due next; no other place does. The caller holds the scope's lock. What was written since the
-- watermark is counted in mx_scope: by each write, and anew where the watermark moves (mx_recount_1). The switch does
-- not count here: a claim asks for it, so that switching it changes no row.
CREATE FUNCTION mx_rearm_1(p_scope bigint) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE s mx_scope; d mx_dream_state; l_at timestamptz; l_dirty boolean; l_blocked boolean; l_due timestamptz;
BEGIN
  SELECT * INTO s FROM mx_scope WHERE scope_id = p_scope;
  SELECT * INTO d FROM mx_dream_state WHERE scope_id = p_scope FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;   -- a shared scope never dreams
  l_at := CASE WHEN s.new_changes > 0 THEN s.qualifying_at END;
  l_dirty := d.more OR s.new_changes >= mx_setting_1(s.workspace_id, 'dream_min_changes')::integer;
  l_blocked := coalesce(mx_may_dream_1(p_scope, false), 'off') <> 'off'
    OR EXISTS (SELECT FROM mx_dream
      WHERE scope_id = p_scope AND (state = 'running' OR state = 'requested' AND follows IS NULL));
  IF l_dirty AND NOT l_blocked THEN
    l_due := greatest(
      l_at + make_interval(mins => mx_setting_1(s.workspace_id, 'dream_grace_period_minutes')::integer)
        * least(power(2, d.overtaken_in_row), 8),
      d.last_moved_at + make_interval(mins => mx_setting_1(s.workspace_id, 'dream_interval_minutes')::integer),
      d.not_before,
      '-infinity');
    IF l_due = '-infinity' THEN l_due := mx_now(); END IF;
  END IF;
  UPDATE mx_dream_state SET dirty = l_dirty, due_at = l_due WHERE scope_id = p_scope
    AND (dirty, due_at) IS DISTINCT FROM (l_dirty, l_due);
  RETURN l_due;
END $$;
