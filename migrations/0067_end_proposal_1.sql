-- Ends a proposal that waits for a person: the one place that knows what that does. The caller holds the scope's
-- lock. Frees its files and arms the scope again. Where it is the proposal that dreams wait for, they wait no longer.
-- One that is canceled puts the watermark back, so that what it looked at is dreamt over again.
-- p_by: the actor who decided; empty where nobody did. Returns false where it does not wait.
CREATE FUNCTION mx_end_proposal_1(
  p_scope bigint, p_dream uuid, p_state text, p_cause text, p_by text, p_reason text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE st mx_dream_state; l_decided timestamptz;
BEGIN
  SELECT * INTO st FROM mx_dream_state WHERE scope_id = p_scope FOR NO KEY UPDATE;
  IF p_by <> '' THEN l_decided := mx_now(); END IF;
  UPDATE mx_dream
    SET state = p_state, cause = p_cause, decided_by = p_by, decided_at = l_decided, decision_reason = p_reason
    WHERE scope_id = p_scope AND dream_id = p_dream AND state = 'proposed';
  IF NOT FOUND THEN RETURN false; END IF;
  DELETE FROM mx_proposal_file WHERE scope_id = p_scope AND dream_id = p_dream;
  UPDATE mx_scope SET proposals = proposals - 1 WHERE scope_id = p_scope;
  IF st.proposal = p_dream THEN
    UPDATE mx_dream_state
      SET proposal = NULL, proposal_sequence = NULL, proposal_watermark = NULL,
        watermark = CASE WHEN p_state = 'canceled' THEN least(watermark, proposal_watermark) ELSE watermark END
      WHERE scope_id = p_scope;
    IF p_state = 'canceled' THEN PERFORM mx_recount_1(p_scope); END IF;
  END IF;
  PERFORM mx_rearm_1(p_scope);
  RETURN true;
END $$;
COMMENT ON FUNCTION mx_end_proposal_1(bigint, uuid, text, text, text, text) IS
  'Ends a waiting proposal in a state: approved, rejected, expired, stale, replaced or canceled.';
