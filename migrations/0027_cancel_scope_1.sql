-- Ends the open dream of a scope as `canceled`: a pause does this in its own transaction. Returns the dream; NULL where
-- there is none.
CREATE FUNCTION mx_cancel_scope_1(p_scope bigint, p_cause text) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE l_dream uuid;
BEGIN
  PERFORM FROM mx_scope WHERE scope_id = p_scope FOR NO KEY UPDATE;
  SELECT dream_id INTO l_dream FROM mx_dream WHERE scope_id = p_scope AND state IN ('requested', 'running');
  IF FOUND THEN PERFORM mx_end_dream_1(p_scope, l_dream, 'canceled', p_cause, false, '{}'); END IF;
  RETURN l_dream;
END $$;
