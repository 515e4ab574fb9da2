-- Drops the oldest month of the access log that no workspace keeps any longer; says which, or NULL where there is
-- none. A month holds the rows of every workspace, so the longest `access_log_retention_days` decides. Given up
-- after a second rather than queued before the writers.
CREATE FUNCTION mx_partition_drop_1() RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
DECLARE l_days integer; l_before timestamptz; l_name text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('mx_partition_1'));   -- several services sweep and migrate at once
  SELECT coalesce(
      max(mx_setting_1(workspace_id, 'access_log_retention_days')::integer),
      mx_setting_1(0, 'access_log_retention_days')::integer)
    INTO l_days
    FROM mx_workspace;
  l_before := mx_now() - make_interval(days => l_days);
  SELECT c.relname INTO l_name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'mx_access_log'::regclass AND c.relname ~ '^mx_access_log_[0-9]{4}_[0-9]{2}$'
      AND (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month')::timestamp AT TIME ZONE 'UTC' <= l_before
    ORDER BY c.relname LIMIT 1;
  IF l_name IS NULL THEN RETURN NULL; END IF;
  EXECUTE format('ALTER TABLE mx_access_log DETACH PARTITION %I', l_name);
  EXECUTE format('DROP TABLE %I', l_name);
  RETURN l_name;
END $$;
