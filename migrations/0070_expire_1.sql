-- Ends the proposals about which nobody decided within `dream_review_days`, at most p_limit, each under its scope's
-- lock. A scope that somebody else holds is left for the next time. Returns how many ended.
CREATE FUNCTION mx_expire_1(p_limit integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE w record; d record; l_before timestamptz; l_count integer := 0;
BEGIN
  FOR w IN SELECT workspace_id FROM mx_workspace ORDER BY workspace_id LOOP
    l_before := mx_now() - make_interval(days => mx_setting_1(w.workspace_id, 'dream_review_days')::integer);
    FOR d IN SELECT scope_id, dream_id FROM mx_dream
          WHERE workspace_id = w.workspace_id AND state = 'proposed' AND ended_at < l_before
          ORDER BY ended_at LIMIT p_limit - l_count LOOP
      PERFORM FROM mx_scope WHERE scope_id = d.scope_id FOR NO KEY UPDATE SKIP LOCKED;
      CONTINUE WHEN NOT FOUND;
      IF mx_end_proposal_1(d.scope_id, d.dream_id, 'expired', 'nobody decided within dream_review_days', '', '') THEN
        l_count := l_count + 1;
      END IF;
    END LOOP;
  END LOOP;
  RETURN l_count;
END $$;
COMMENT ON FUNCTION mx_expire_1(integer) IS
  'Ends the proposals about which nobody decided within dream_review_days.';
