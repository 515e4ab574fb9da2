-- Makes the access log's partition of a month where it is missing. CREATE LIKE with the indexes, then ATTACH, because
-- CREATE … PARTITION OF locks the whole log; given up after a second rather than queued before the writers. Rows of the
-- month that a late sweep left to the default partition move into it, or it could not be attached.
CREATE FUNCTION mx_partition_1(p_month date) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
DECLARE
  l_first date := date_trunc('month', p_month)::date;
  l_name text := format('mx_access_log_%s', to_char(p_month, 'YYYY_MM'));
  l_from timestamptz := l_first::timestamp AT TIME ZONE 'UTC';
  l_to timestamptz := (l_first + interval '1 month')::timestamp AT TIME ZONE 'UTC';
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('mx_partition_1'));   -- several services sweep and migrate at once
  IF to_regclass(l_name) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format(
    'CREATE TABLE %I (LIKE mx_access_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)', l_name);
  PERFORM mx_no_statistics_1(l_name::regclass, '{}');   -- LIKE does not copy it
  IF EXISTS (SELECT FROM mx_access_log_default WHERE at >= l_from AND at < l_to) THEN
    -- No row of the month may come between the move and ATTACH.
    LOCK TABLE mx_access_log_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format(
      'WITH moved AS (DELETE FROM mx_access_log_default WHERE at >= $1 AND at < $2 RETURNING *)
         INSERT INTO %I SELECT * FROM moved', l_name)
      USING l_from, l_to;
  END IF;
  EXECUTE format('ALTER TABLE mx_access_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', l_name, l_from, l_to);
  RETURN true;
END $$;
