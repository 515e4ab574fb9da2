-- The id of the database's present life; begins another where the cluster, the database or the timeline is not the one
-- of the newest row. Numbers of transactions begin again in a restored dump, so that those from before, which would be
-- beyond every horizon, are set back.
CREATE FUNCTION mx_epoch_1() RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE l_epoch mx_epoch; l_system bigint; l_database oid; l_timeline text;
BEGIN
  SELECT system_identifier INTO l_system FROM pg_control_system();
  SELECT oid INTO l_database FROM pg_database WHERE datname = current_database();
  l_timeline := left(pg_walfile_name(pg_current_wal_lsn()), 8);   -- of the running server, not of its last checkpoint
  FOR attempt IN 1..2 LOOP
    SELECT * INTO l_epoch FROM mx_epoch ORDER BY number DESC LIMIT 1;
    IF (l_epoch.system_identifier, l_epoch.database, l_epoch.timeline) = (l_system, l_database, l_timeline) THEN
      RETURN l_epoch.epoch_id;
    END IF;
    IF attempt = 1 THEN LOCK TABLE mx_epoch IN SHARE ROW EXCLUSIVE MODE; END IF;   -- somebody else may have begun it meanwhile
  END LOOP;
  UPDATE mx_scope SET feed_xid = '0' WHERE feed_xid > pg_current_xact_id();
  UPDATE mx_revision SET feed_xid = '0' WHERE feed_xid > pg_current_xact_id();
  UPDATE mx_erasure SET feed_xid = '0' WHERE feed_xid > pg_current_xact_id();
  UPDATE mx_erasure SET settled_from = NULL WHERE done_at IS NULL;
  INSERT INTO mx_epoch (epoch_id, system_identifier, database, timeline)
    VALUES (gen_random_uuid(), l_system, l_database, l_timeline) RETURNING * INTO l_epoch;
  RETURN l_epoch.epoch_id;
END $$;
