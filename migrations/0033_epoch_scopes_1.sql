-- Transaction ids begin again in a restored dump: those from before would be beyond every horizon, and are set back
-- to 0 before another epoch begins. The scopes' come first, since a revision takes the higher of its scope's and its
-- own. One batch: at most p_limit scopes beyond p_after. Returns the last scope that was looked at; NULL after the
-- last that there is. A scope that another transaction has locked is passed over: mx_epoch_begin_1 finds it, and the
-- caller comes again.
CREATE FUNCTION mx_epoch_scopes_1(p_after bigint, p_limit bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE l_last bigint; l_locked bigint[];
BEGIN
  SELECT max(scope_id)
    INTO l_last
    FROM (SELECT scope_id FROM mx_scope WHERE scope_id > p_after ORDER BY scope_id LIMIT p_limit) s;
  l_locked := ARRAY(
    SELECT scope_id
      FROM mx_scope
      WHERE scope_id > p_after AND scope_id <= l_last AND feed_xid >= pg_snapshot_xmax(pg_current_snapshot())
      ORDER BY scope_id
      FOR NO KEY UPDATE SKIP LOCKED);
  -- By another snapshot, now that they are locked: what a transaction of this epoch has left is below its end.
  UPDATE mx_scope SET feed_xid = '0'
    WHERE scope_id = ANY (l_locked) AND feed_xid >= pg_snapshot_xmax(pg_current_snapshot());
  RETURN l_last;
END $$;
