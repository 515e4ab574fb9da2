-- The first of every ending that a worker asks for: locks scope, dream state and dream, in this order, then judges
-- whether the dream may still end as asked (dreaming.md, steps 0 and 1).
-- outcome: 0 it may; 1 it is no longer this worker's, `ending` has its state; 5 answered before, with `ending` and `cause`;
--          6 it must end as `ending` for `cause` instead.
CREATE FUNCTION mx_gate_1(p_scope bigint, p_dream uuid, p_fence bigint, p_worker uuid, p_digest bytea)
RETURNS TABLE (outcome smallint, ending text, cause text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE s mx_scope; st mx_dream_state; d mx_dream; l_lease smallint;
BEGIN
  SELECT * INTO s FROM mx_scope WHERE scope_id = p_scope FOR NO KEY UPDATE;
  SELECT * INTO st FROM mx_dream_state WHERE scope_id = p_scope FOR NO KEY UPDATE;
  l_lease := mx_lease_1(p_scope, p_dream, p_fence, p_worker);
  SELECT * INTO d FROM mx_dream WHERE scope_id = p_scope AND dream_id = p_dream;
  outcome := 6; cause := '';
  IF d.finished = p_digest THEN
    outcome := 5; ending := d.finished_as; cause := d.finished_cause;
  ELSIF l_lease = 1 OR d.sealed <> p_digest THEN
    outcome := 1; ending := d.state;
  ELSIF s.erasing THEN
    ending := 'canceled'; cause := 'the user is being erased';
  ELSIF st.paused THEN
    ending := 'canceled'; cause := 'dreaming is paused for this user';
  ELSIF NOT mx_dreaming_1(d.workspace_id) THEN
    ending := 'canceled'; cause := 'dreaming is switched off';
  ELSIF l_lease = 2 THEN
    ending := 'overtaken'; cause := 'the user''s files changed while it ran';
  ELSIF l_lease = 3 THEN
    ending := 'failed'; cause := 'its seconds were spent before it finished';
  ELSE
    outcome := 0;
  END IF;
  RETURN NEXT;
END $$;
