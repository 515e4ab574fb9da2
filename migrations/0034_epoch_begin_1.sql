-- Begins another epoch of the database, after mx_epoch_scopes_1: sets back at most p_limit revisions at a call, and
-- where none is left, the erasures, and writes the epoch down. Returns its id, or NULL where more is to be done;
-- `rows` 0 then: another transaction had locked a scope or a revision, and the caller begins again at the scopes.
CREATE FUNCTION mx_epoch_begin_1(p_limit bigint) RETURNS TABLE (epoch uuid, rows bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE l_number bigint; l_id uuid;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('mx_epoch_1'));   -- several services begin it at once
  epoch := mx_epoch_1(); rows := 0;
  IF epoch IS NULL THEN
    UPDATE mx_revision SET feed_xid = '0' WHERE ctid = ANY (ARRAY(
      SELECT ctid
        FROM mx_revision
        WHERE feed_xid >= pg_snapshot_xmax(pg_current_snapshot())
        ORDER BY feed_xid
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED));
    GET DIAGNOSTICS rows = ROW_COUNT;
  END IF;
  IF epoch IS NOT NULL OR rows > 0 THEN RETURN NEXT; RETURN; END IF;
  -- The scopes before the revisions: once no scope has such a number, no revision gets one any more.
  IF NOT EXISTS (SELECT FROM mx_scope WHERE feed_xid >= pg_snapshot_xmax(pg_current_snapshot()))
    AND NOT EXISTS (SELECT FROM mx_revision WHERE feed_xid >= pg_snapshot_xmax(pg_current_snapshot())) THEN
    UPDATE mx_erasure SET feed_xid = '0' WHERE feed_xid >= pg_snapshot_xmax(pg_current_snapshot());
    UPDATE mx_erasure SET settled_from = NULL WHERE done_at IS NULL;
    l_number := 1 + coalesce((SELECT max(number) FROM mx_epoch), 0);
    l_id := gen_random_uuid();
    INSERT INTO mx_epoch (number, epoch_id, system_identifier, database, timeline)
      SELECT l_number, l_id, c.system_identifier, d.oid, left(pg_walfile_name(pg_current_wal_lsn()), 8)
        FROM pg_control_system() c, pg_database d WHERE d.datname = current_database()
      RETURNING epoch_id INTO epoch;
  END IF;
  RETURN NEXT;
END $$;
COMMENT ON FUNCTION mx_epoch_begin_1(bigint) IS
  'Resets one batch of transaction ids after a restore or a failover; begins the new epoch when none is left.';
