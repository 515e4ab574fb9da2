-- Extends a lease, in one round trip with its log row. Locks the dream's row alone.
-- outcome: that of mx_lease_1; 0 and 4 are extended. state: the dream's, where it was this worker's; else NULL.
-- p_reasons: the reason that each outcome is logged with, from outcome 0 on.
CREATE FUNCTION mx_renew_1(
  p_scope bigint, p_dream uuid, p_fence bigint, p_worker uuid, p_operation smallint, p_actor text, p_trace bytea,
  p_reasons smallint[])
RETURNS TABLE (outcome smallint, state text, lease_expires_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE l_until timestamptz;
BEGIN
  outcome := mx_lease_1(p_scope, p_dream, p_fence, p_worker);
  IF outcome IN (0, 4) THEN
    l_until := mx_now() + make_interval(secs => mx_setting_1(0, 'dream_lease_seconds')::integer);
    UPDATE mx_dream d
      SET lease_expires_at = l_until
      WHERE d.scope_id = p_scope AND d.dream_id = p_dream
      RETURNING d.lease_expires_at, d.state INTO lease_expires_at, state;
  ELSE
    SELECT d.state
      INTO state
      FROM mx_dream d
      WHERE d.scope_id = p_scope AND d.dream_id = p_dream AND d.fence = p_fence AND d.worker = p_worker;
  END IF;
  INSERT INTO mx_access_log (scope_id, operation, outcome, reason, actor, principal, dream_id, trace_id)
    SELECT p_scope, p_operation, CASE WHEN outcome IN (0, 4) THEN 1 ELSE 2 END,
           CASE WHEN outcome IN (0, 4) THEN 0 ELSE p_reasons[1 + outcome] END,
           p_actor, p_worker, p_dream, p_trace
      WHERE EXISTS (SELECT FROM mx_dream WHERE scope_id = p_scope AND dream_id = p_dream)
        -- The worker is told to stop; an erased scope takes no row.
        AND EXISTS (SELECT FROM mx_scope WHERE scope_id = p_scope AND NOT erasing);
  RETURN NEXT;
END $$;
