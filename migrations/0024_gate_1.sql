-- The first of every ending that a worker asks for: locks scope, dream state and dream, in this order, then judges
-- whether the dream may still end as asked (dreaming.md, steps 0 and 1).
-- outcome: 0 it may; 1 it is no longer this worker's, `ending` has its state; 5 answered before, with `ending` and
--          `cause`; 6 it must end as `ending` for `cause` instead.
CREATE FUNCTION mx_gate_1(p_scope bigint, p_dream uuid, p_fence bigint, p_worker uuid, p_digest bytea)
RETURNS TABLE (outcome smallint, ending text, cause text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE d mx_dream; l_lease smallint; l_denied text;
BEGIN
  PERFORM FROM mx_scope WHERE scope_id = p_scope FOR NO KEY UPDATE;
  PERFORM FROM mx_dream_state WHERE scope_id = p_scope FOR NO KEY UPDATE;
  l_denied := mx_may_dream_1(p_scope, true);
  l_lease := mx_lease_1(p_scope, p_dream, p_fence, p_worker);
  SELECT * INTO d FROM mx_dream WHERE scope_id = p_scope AND dream_id = p_dream;
  outcome := 6; cause := '';
  IF d.finished = p_digest THEN
    outcome := 5; ending := d.finished_as; cause := d.finished_cause;
  ELSIF l_lease = 1 OR d.sealed <> p_digest THEN
    outcome := 1; ending := d.state;
  ELSIF l_denied IS NOT NULL THEN
    ending := 'canceled';
    cause := CASE l_denied
      WHEN 'erasing' THEN 'the user is being erased'
      WHEN 'paused' THEN 'dreaming is paused for this user'
      ELSE 'dreaming is switched off' END;
  ELSIF l_lease = 2 THEN
    ending := 'overtaken'; cause := 'the user''s files changed while it ran';
  ELSIF l_lease = 3 THEN
    ending := 'failed'; cause := 'its seconds were spent before it finished';
  ELSE
    outcome := 0;
  END IF;
  RETURN NEXT;
END $$;
