-- The gap that is open at p_at: no row where the last write of mx_alive is at most 15 s old, or there was none. The one
-- place that knows how long a gap is. STABLE, so that it reads what the statement reads that calls it.
CREATE FUNCTION mx_gap_1(p_at timestamptz) RETURNS TABLE (from_at timestamptz, to_at timestamptz)
LANGUAGE sql STABLE AS $$ SELECT at, p_at FROM mx_alive WHERE at < p_at - interval '15 seconds' $$;

COMMENT ON FUNCTION mx_gap_1(timestamptz) IS 'The time since a change could be stored last, where that is an outage';
