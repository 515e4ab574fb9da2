-- One batch of an erasure: at most p_limit rows, of every table that has a scope_id, whichever those are by now; the
-- tokens and the scope itself last. A transaction that had passed the guard before the mark may still add a row, so the
-- end waits until every one of them has ended, and for a batch after that which finds nothing.
-- state: 0 there is more, 1 older transactions are waited for, or another epoch is to begin first, 2 done,
--        3 somebody else is at it, or it is done.
CREATE FUNCTION mx_erase_1(p_erasure bigint, p_limit bigint) RETURNS TABLE (state smallint, deleted bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE e mx_erasure; l_table regclass; l_settled boolean; l_rows bigint; l_user text;
  l_done_at timestamptz;
BEGIN
  deleted := 0;
  -- In a restored dump, settled_from is of another epoch.
  IF mx_epoch_1() IS NULL THEN state := 1; RETURN NEXT; RETURN; END IF;
  SELECT * INTO e FROM mx_erasure WHERE erasure_id = p_erasure AND done_at IS NULL FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN state := 3; RETURN NEXT; RETURN; END IF;
  PERFORM FROM mx_scope WHERE scope_id = e.scope_id FOR NO KEY UPDATE;   -- before any of its rows, as at a dream's end
  l_settled := coalesce(e.settled_from <= pg_snapshot_xmin(pg_current_snapshot()), false);   -- before looking for rows
  IF e.settled_from IS NULL THEN
    UPDATE mx_erasure SET settled_from = pg_snapshot_xmax(pg_current_snapshot()) WHERE erasure_id = p_erasure;
  END IF;
  FOR l_table IN
    SELECT c.oid
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'scope_id' AND NOT a.attisdropped
      WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind = 'r'
        AND c.relname NOT IN ('mx_scope', 'mx_erasure')
      ORDER BY c.relname
  LOOP
    EXIT WHEN deleted >= p_limit;
    EXECUTE format(
      'DELETE FROM %s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %s WHERE scope_id = $1 LIMIT $2))', l_table, l_table)
      USING e.scope_id, p_limit - deleted;
    GET DIAGNOSTICS l_rows = ROW_COUNT;
    deleted := deleted + l_rows;
  END LOOP;
  state := CASE WHEN deleted > 0 THEN 0 WHEN NOT l_settled THEN 1 ELSE 2 END;
  IF state = 2 THEN
    SELECT user_id INTO l_user FROM mx_scope WHERE scope_id = e.scope_id;
    -- What CreateToken remembers is the token's id, under the workspace's shared scope.
    DELETE FROM mx_request r
      USING mx_scope s
      WHERE s.workspace_id = e.workspace_id AND s.kind = 2 AND r.scope_id = s.scope_id
        AND r.answer IN (
          SELECT uuid_send(token_id) FROM mx_token WHERE workspace_id = e.workspace_id AND user_id = l_user);
    GET DIAGNOSTICS l_rows = ROW_COUNT;
    deleted := deleted + l_rows;
    DELETE FROM mx_token WHERE workspace_id = e.workspace_id AND user_id = l_user;
    GET DIAGNOSTICS l_rows = ROW_COUNT;
    deleted := deleted + l_rows;
    DELETE FROM mx_scope WHERE scope_id = e.scope_id;
    GET DIAGNOSTICS l_rows = ROW_COUNT;
    deleted := deleted + l_rows;
  END IF;
  IF state = 2 THEN l_done_at := mx_now(); END IF;
  UPDATE mx_erasure SET deleted_rows = deleted_rows + deleted, done_at = l_done_at
    WHERE erasure_id = p_erasure;
  RETURN NEXT;
END $$;
