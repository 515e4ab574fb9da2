-- Counts anew what was written since a scope's watermark: called wherever the watermark moves, forwards or back. Writes
-- count themselves (mx_commit_1, mx_move_1, mx_import_1). The caller holds the scope's lock. Returns the count.
CREATE FUNCTION mx_recount_1(p_scope bigint) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE l_new integer;
BEGIN
  SELECT count(*) INTO l_new FROM mx_revision r JOIN mx_dream_state d ON d.scope_id = r.scope_id
    WHERE r.scope_id = p_scope AND r.sequence > d.watermark AND r.qualifies;
  UPDATE mx_scope SET new_changes = l_new WHERE scope_id = p_scope AND new_changes <> l_new;
  RETURN l_new;
END $$;
COMMENT ON FUNCTION mx_recount_1(bigint) IS
  'Counts anew what was written since a scope''s watermark; after each move of the watermark.';
