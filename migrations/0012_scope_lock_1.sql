-- Locks a scope, the first lock of every transaction that ends, adopts or reverts a dream.
CREATE FUNCTION mx_scope_lock_1(p_scope bigint)
RETURNS TABLE (workspace_id bigint, user_id text, sequence bigint, moved_sequence bigint, erasing boolean)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT workspace_id, user_id, sequence, moved_sequence, erasing
    FROM mx_scope
    WHERE scope_id = p_scope
    FOR NO KEY UPDATE
$$;
