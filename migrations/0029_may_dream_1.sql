-- Decides whether a scope may be dreamt for now; no other place does. NULL: it may. Else the reason: 'erasing',
-- 'paused', 'parked', 'proposal' (one waits for a person, and nothing was written since), 'off' (the switch).
-- A parked user or a waiting proposal does not hold up a dream that a person asked for.
-- The caller holds the scope's lock.
CREATE FUNCTION mx_may_dream_1(p_scope bigint, p_asked boolean) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE s mx_scope; st mx_dream_state;
BEGIN
  SELECT * INTO s FROM mx_scope WHERE scope_id = p_scope;
  SELECT * INTO st FROM mx_dream_state WHERE scope_id = p_scope;
  RETURN CASE
    WHEN s.erasing THEN 'erasing'
    WHEN st.paused THEN 'paused'
    WHEN st.parked AND NOT p_asked THEN 'parked'
    WHEN st.proposal IS NOT NULL AND NOT p_asked
      AND (s.new_changes = 0 OR s.qualifying_sequence <= st.proposal_sequence) THEN 'proposal'
    WHEN NOT mx_dreaming_1(s.workspace_id) THEN 'off'
  END;
END $$;
COMMENT ON FUNCTION mx_may_dream_1(bigint, boolean) IS
  'NULL, or why a scope may not be dreamt for now: erasing, paused, parked, proposal or off.';
