-- Writes mx_alive, which succeeds only where a change can be stored; records the gap that this ends.
CREATE FUNCTION mx_alive_1() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE t timestamptz;
BEGIN
  -- 1. One writer at a time, so that a gap is recorded once. The time is read under the lock.
  PERFORM FROM mx_alive FOR NO KEY UPDATE;
  t := mx_now();
  -- 2. The gap that ends now; those of more than a day ago are forgotten.
  INSERT INTO mx_outage (from_at, to_at) SELECT from_at, to_at FROM mx_gap_1(t);
  DELETE FROM mx_outage WHERE to_at < t - interval '1 day';
  -- 3. The row itself, made with the first write.
  INSERT INTO mx_alive (at) VALUES (t) ON CONFLICT ON CONSTRAINT mx_alive_pk DO UPDATE SET at = EXCLUDED.at;
END $$;

COMMENT ON FUNCTION mx_alive_1() IS 'Says that a change can be stored now, and records the outage that this ends';
