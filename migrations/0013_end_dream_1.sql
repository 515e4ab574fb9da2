-- Ends an open dream and arms its scope again: the one place that knows what an ending does. The caller holds the
-- scope's lock. A dream that a person started goes back to `requested` when it was released, lost or failed, until
-- its attempts are used up; it keeps the back-off between them and never parks its user. With p_more, and where
-- mx_walk_1 finds a path of p_left that is still to be walked, the watermark stays and the rest comes after the
-- interval. A dream of probable copies looks at nothing else: it moves no watermark, and its proposal stands beside
-- that of other dreams and holds none of them up. What an outage ended is no failure: mx_lost_in_outage_1. Returns the
-- state it is in afterwards; NULL where it was not open.
CREATE FUNCTION mx_end_dream_1(p_scope bigint, p_dream uuid, p_state text, p_cause text, p_more boolean, p_left text[])
RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  st mx_dream_state; d mx_dream; t timestamptz; l_state text := p_state;
  l_walk text[] := '{}'; l_more boolean; l_moves boolean; l_attempts integer;
  l_well boolean := p_state IN ('applied', 'noop', 'proposed', 'reported', 'refused');
  l_away boolean; l_failure boolean; l_free boolean; l_failures integer; l_near boolean;
  l_spread double precision; l_older uuid;
BEGIN
  SELECT * INTO st FROM mx_dream_state WHERE scope_id = p_scope FOR NO KEY UPDATE;
  SELECT * INTO d FROM mx_dream
    WHERE scope_id = p_scope AND dream_id = p_dream AND state IN ('requested', 'running')
    FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  t := mx_now();
  l_near := d.near <> 'off';
  -- 1. Does it count as a failure? Decided here alone. One that does not count costs no attempt either.
  l_away := p_state IN ('lost', 'failed') AND mx_lost_in_outage_1(d);   -- guard: outage
  l_failure := p_state IN ('lost', 'failed') AND l_away IS NOT TRUE;
  l_free := p_state = 'released' OR l_away IS TRUE;
  -- 2. A started dream is tried again.
  l_attempts := mx_setting_1(d.workspace_id, 'dream_max_attempts')::integer;
  IF d.requested AND (l_free OR l_failure AND d.attempts < l_attempts) THEN
    l_state := 'requested';
    DELETE FROM mx_dream_op WHERE scope_id = p_scope AND dream_id = p_dream;
  END IF;
  -- 3. What is left to walk, and whether the watermark moves.
  IF p_more AND NOT l_near AND p_state IN ('applied', 'noop') THEN l_walk := mx_walk_1(p_scope, p_left); END IF;
  l_more := cardinality(l_walk) > 0;
  l_moves := NOT l_near
    AND (p_state IN ('proposed', 'refused')
         OR p_state IN ('applied', 'noop') AND NOT l_more
         OR p_state = 'reported' AND NOT d.requested);
  UPDATE mx_dream SET
      state = l_state,
      cause = p_cause || CASE WHEN l_away THEN ', in an outage' ELSE '' END,
      more = l_more,
      lease_expires_at = NULL,
      ended_at = CASE WHEN l_state = 'requested' THEN NULL ELSE t END,
      attempts = attempts - l_free::integer,
      sealed = CASE WHEN l_state = 'requested' THEN NULL ELSE sealed END,
      ops = CASE WHEN l_state = 'requested' THEN 0 ELSE ops END,
      files = CASE WHEN l_state = 'requested' THEN 0 ELSE files END,
      bytes = CASE WHEN l_state = 'requested' THEN 0 ELSE bytes END,
      read_bytes = CASE WHEN l_state = 'requested' THEN 0 ELSE read_bytes END,
      refused_ops = CASE WHEN l_state = 'requested' THEN 0 ELSE refused_ops END
    WHERE scope_id = p_scope AND dream_id = p_dream;
  -- 4. Back-off and parking: the user's failures in a row are those of dreams that came by themselves.
  l_spread := 0.8 + 0.4 * random();   -- ± 20 %
  l_failures := CASE WHEN l_well THEN 0 ELSE st.failures + (l_failure AND NOT d.requested)::integer END;
  UPDATE mx_dream_state SET
      watermark = CASE WHEN l_moves THEN greatest(watermark, d.snapshot_sequence) ELSE watermark END,
      last_moved_at = CASE WHEN l_moves OR l_more THEN t ELSE last_moved_at END,
      more = CASE WHEN l_near THEN more
                  WHEN p_state IN ('applied', 'noop') THEN l_more
                  WHEN l_moves THEN false
                  ELSE more END,
      begin_with = CASE WHEN l_more THEN l_walk WHEN l_moves THEN '{}' ELSE begin_with END,
      walked_sequence = CASE WHEN l_more THEN d.snapshot_sequence ELSE walked_sequence END,
      failures = l_failures,
      -- 1 minute × 2^failures, at most 6 hours
      not_before = CASE WHEN l_failure THEN greatest(not_before, t + make_interval(secs => 60 * l_spread
                          * least(power(2, CASE WHEN d.requested THEN d.attempts ELSE l_failures END), 360)))
                        WHEN l_failures = 0 THEN NULL ELSE not_before END,
      parked = NOT l_well AND (parked OR l_failure AND NOT d.requested AND l_failures >= l_attempts),
      overtaken_in_row = CASE WHEN p_state = 'overtaken' THEN overtaken_in_row + 1
                              WHEN l_moves OR p_state IN ('applied', 'noop') THEN 0
                              ELSE overtaken_in_row END,
      proposal = CASE WHEN p_state = 'proposed' AND NOT l_near THEN p_dream ELSE proposal END,
      proposal_sequence = CASE WHEN p_state = 'proposed' AND NOT l_near THEN d.snapshot_sequence
                               ELSE proposal_sequence END,
      proposal_watermark = CASE WHEN p_state = 'proposed' AND NOT l_near THEN coalesce(proposal_watermark, watermark)
                                ELSE proposal_watermark END
    WHERE scope_id = p_scope;
  IF p_state = 'proposed' THEN
    FOR l_older IN SELECT dream_id FROM mx_dream
          WHERE scope_id = p_scope AND state = 'proposed' AND dream_id <> p_dream AND (near <> 'off') = l_near LOOP
      PERFORM mx_end_proposal_1(p_scope, l_older, 'replaced', 'a newer dream''s proposal took its place', '', '');
    END LOOP;
  END IF;
  -- 5. What was written after the new watermark is all that counts from now on.
  IF l_moves THEN PERFORM mx_recount_1(p_scope); END IF;
  PERFORM mx_rearm_1(p_scope);
  RETURN l_state;
END $$;
