-- Whether there was an outage between two times: one that is recorded, or one that no write has ended yet. False where
-- a time is NULL.
CREATE FUNCTION mx_was_away_1(p_from timestamptz, p_to timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE t timestamptz := mx_now();
BEGIN
  -- One statement: a gap that is recorded meanwhile is seen as open or as recorded.
  RETURN EXISTS (
    SELECT FROM (
      SELECT from_at, to_at FROM mx_outage
      UNION ALL
      SELECT from_at, to_at FROM mx_gap_1(t)) AS gap
     WHERE gap.from_at < p_to AND gap.to_at > p_from);
END $$;

COMMENT ON FUNCTION mx_was_away_1(timestamptz, timestamptz)
  IS 'Whether changes could not be stored at some time between the two';
