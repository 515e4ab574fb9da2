-- Decides whether a proposal may be adopted now, under the scope's lock: NULL, or why not. 'erasing', 'paused' or
-- 'off', as mx_may_dream_1 says; 'moved': a file that it touches or cites is at another version.
CREATE FUNCTION mx_proposal_denied_1(p_scope bigint, p_dream uuid) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE l_denied text := mx_may_dream_1(p_scope, true);
BEGIN
  IF l_denied IS NULL AND EXISTS (
      SELECT FROM mx_proposal_file p
        LEFT JOIN mx_file f ON f.scope_id = p.scope_id AND f.path = p.path AND NOT f.deleted
        WHERE p.scope_id = p_scope AND p.dream_id = p_dream AND coalesce(f.version, 0) <> p.version) THEN
    l_denied := 'moved';
  END IF;
  RETURN l_denied;
END $$;
COMMENT ON FUNCTION mx_proposal_denied_1(bigint, uuid) IS
  'NULL, or why a proposal may not be adopted now: erasing, paused, off or moved.';
