-- Begins an erasure: from its commit on everything of the user is refused, their tokens are revoked and their dream
-- has ended. A user without memory whom tokens name gets an empty scope first: an erasure is of a scope, and takes
-- the tokens with it. outcome: 0 begun, 1 it stands already, 2 no such user, 3 the key is not that of the
-- tombstones.
CREATE FUNCTION mx_erase_begin_1(p_workspace bigint, p_user text, p_hmac bytea, p_key bytea, p_token uuid)
RETURNS TABLE (outcome smallint, canceled uuid, tokens uuid[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE s mx_scope; t timestamptz;
BEGIN
  tokens := '{}';
  SELECT * INTO s FROM mx_scope WHERE workspace_id = p_workspace AND kind = 1 AND user_id = p_user FOR NO KEY UPDATE;
  IF s.scope_id IS NULL AND EXISTS (SELECT FROM mx_token WHERE workspace_id = p_workspace AND user_id = p_user) THEN
    PERFORM mx_scope_open_1(p_workspace, 1::smallint, p_user, true, p_hmac, p_key);   -- opens none of an erased user
    SELECT * INTO s FROM mx_scope WHERE workspace_id = p_workspace AND kind = 1 AND user_id = p_user FOR NO KEY UPDATE;
  END IF;
  IF s.scope_id IS NULL OR s.erasing THEN
    outcome := CASE
      WHEN EXISTS (SELECT FROM mx_erasure
                     WHERE workspace_id = p_workspace AND user_hmac = p_hmac AND readmitted_at IS NULL) THEN 1
      WHEN EXISTS (SELECT FROM mx_erasure_key WHERE key_id <> p_key) THEN 3
      ELSE 2 END;
    RETURN NEXT;
    RETURN;
  END IF;
  INSERT INTO mx_erasure_key (key_id) VALUES (p_key) ON CONFLICT ON CONSTRAINT mx_erasure_key_pk DO NOTHING;
  IF EXISTS (SELECT FROM mx_erasure_key WHERE key_id <> p_key) THEN
    outcome := 3;
    RETURN NEXT;
    RETURN;
  END IF;
  outcome := 0;
  t := mx_now();
  canceled := mx_cancel_scope_1(s.scope_id, 'the user is being erased');
  UPDATE mx_scope SET erasing = true, feed_xid = greatest(feed_xid, pg_current_xact_id())
    WHERE scope_id = s.scope_id
    RETURNING * INTO s;
  PERFORM mx_rearm_1(s.scope_id);   -- being erased, never due again
  WITH ended AS (
    UPDATE mx_token SET revoked_at = coalesce(revoked_at, t)
      WHERE workspace_id = p_workspace AND user_id = p_user
      RETURNING token_id)
    SELECT coalesce(array_agg(token_id), '{}') INTO tokens FROM ended;
  INSERT INTO mx_erasure (workspace_id, user_hmac, scope_id, sequence, feed_xid, token_id, requested_at)
    VALUES (p_workspace, p_hmac, s.scope_id, s.sequence + 1, s.feed_xid, p_token, t);
  RETURN NEXT;
END $$;
