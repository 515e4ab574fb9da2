-- Whether a dream that is lost or failed may have been kept from its end by an outage: one since its lease was last
-- renewed. Such an ending is no failure of the dream: it costs neither an attempt nor a back-off.
CREATE FUNCTION mx_lost_in_outage_1(p_dream mx_dream) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE l_lease interval := make_interval(secs => mx_setting_1(0, 'dream_lease_seconds')::integer);
BEGIN
  RETURN mx_was_away_1(p_dream.lease_expires_at - l_lease, least(p_dream.lease_expires_at, mx_now()));
END $$;

COMMENT ON FUNCTION mx_lost_in_outage_1(mx_dream)
  IS 'Whether an outage overlaps the time since the lease was last renewed';
