-- Seals a dream's changeset: nothing can be staged after it. Locks the dream's row alone. The same FinishDream may seal
-- again, so that what a crash interrupted between sealing and deciding is taken up by the worker's repeat.
-- outcome: that of mx_lease_1, but 0 where it is sealed by this FinishDream now; 5: answered before.
CREATE FUNCTION mx_seal_1(p_scope bigint, p_dream uuid, p_fence bigint, p_worker uuid, p_digest bytea)
RETURNS TABLE (outcome smallint, ops integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE d mx_dream;
BEGIN
  outcome := mx_lease_1(p_scope, p_dream, p_fence, p_worker);
  SELECT * INTO d FROM mx_dream WHERE scope_id = p_scope AND dream_id = p_dream;
  ops := coalesce(d.ops, 0);
  IF d.finished = p_digest THEN
    outcome := 5;
  ELSIF outcome = 4 AND d.sealed = p_digest THEN
    outcome := 0;
  ELSIF outcome = 0 THEN
    UPDATE mx_dream SET sealed = p_digest WHERE scope_id = p_scope AND dream_id = p_dream;
  END IF;
  RETURN NEXT;
END $$;
