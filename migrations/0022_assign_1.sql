-- Claims dreams and gives all that a worker needs to know of them, in one round trip with a log row each. The traces
-- that a dream links to are looked for in the newest 64 revisions alone, so that a claim does not read a whole backlog.
CREATE FUNCTION mx_assign_1(
  p_worker uuid, p_worker_name text, p_max integer, p_operation smallint, p_actor text, p_trace bytea)
RETURNS TABLE (
  scope_id bigint, dream_id uuid, fence bigint, lease_expires_at timestamptz, lease_seconds integer,
  user_id text, mode text, curator text, instructions text,
  max_ops integer, max_files integer, max_bytes bigint, max_read_bytes bigint, max_seconds integer,
  snapshot_sequence bigint, as_of date, begin_with text[],
  trace_parent text, link_traces bytea[], link_spans bytea[], near text, neutral text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE c record;
BEGIN
  lease_seconds := mx_setting_1(0, 'dream_lease_seconds')::integer;
  FOR c IN SELECT k.scope_id, k.dream_id FROM mx_claim_1(p_worker, p_worker_name, p_max) AS k LOOP
    SELECT d.fence, d.lease_expires_at, s.user_id, d.mode, d.curator, d.instructions,
        d.max_ops, d.max_files, d.max_bytes, d.max_read_bytes, d.max_seconds,
        d.snapshot_sequence, d.as_of, CASE WHEN st.more THEN st.begin_with[1:2000] ELSE '{}' END,
        d.trace_parent, l.traces, l.spans, d.near,
        mx_setting_1(d.workspace_id, 'dream_neutral')
      INTO fence, lease_expires_at, user_id, mode, curator, instructions,
        max_ops, max_files, max_bytes, max_read_bytes, max_seconds,
        snapshot_sequence, as_of, begin_with,
        trace_parent, link_traces, link_spans, near, neutral
      FROM mx_dream d JOIN mx_scope s ON s.scope_id = d.scope_id JOIN mx_dream_state st ON st.scope_id = d.scope_id
      CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(w.trace_id ORDER BY w.sequence DESC), '{}') AS traces,
               coalesce(array_agg(w.span_id ORDER BY w.sequence DESC), '{}') AS spans
          FROM (SELECT r.trace_id, r.span_id, r.sequence FROM mx_revision r
                  WHERE r.scope_id = c.scope_id AND r.sequence > greatest(st.watermark, d.snapshot_sequence - 64)
                    AND r.qualifies AND r.trace_id IS NOT NULL AND r.span_id IS NOT NULL
                  ORDER BY r.sequence DESC LIMIT 32) w) l
      WHERE d.scope_id = c.scope_id AND d.dream_id = c.dream_id;
    INSERT INTO mx_access_log (scope_id, operation, outcome, actor, principal, dream_id, trace_id)
      VALUES (c.scope_id, p_operation, 1, p_actor, p_worker, c.dream_id, p_trace);
    scope_id := c.scope_id; dream_id := c.dream_id;
    RETURN NEXT;
  END LOOP;
END $$;
