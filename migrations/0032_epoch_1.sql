-- The id of the database's present epoch; NULL where the cluster, the database or the timeline is not the one of the
-- newest row, until mx_epoch_begin_1 has begun another.
CREATE FUNCTION mx_epoch_1() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE l_epoch mx_epoch;
BEGIN
  SELECT * INTO l_epoch FROM mx_epoch ORDER BY number DESC LIMIT 1;
  IF l_epoch.system_identifier = (SELECT system_identifier FROM pg_control_system())
    AND l_epoch.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    -- The timeline of the running server, not of its last checkpoint.
    AND l_epoch.timeline = left(pg_walfile_name(pg_current_wal_lsn()), 8) THEN
    RETURN l_epoch.epoch_id;
  END IF;
  RETURN NULL;
END $$;
