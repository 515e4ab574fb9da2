-- Ends a dream that has nothing to adopt, in one round trip: gate, ending and log row. Gives mx_gate_1's outcome and
-- the ending and cause that the answer has. A worker's own `failed` and `released` stand where its seconds are spent
-- too.
CREATE FUNCTION mx_conclude_1(
  p_scope bigint, p_dream uuid, p_fence bigint, p_worker uuid, p_digest bytea, p_state text, p_cause text,
  p_more boolean, p_left text[], p_summary text, p_tokens bigint, p_probable bytea[], p_probable_pairs integer,
  p_operation smallint, p_actor text, p_trace bytea, p_span bytea)
RETURNS TABLE (outcome smallint, ending text, cause text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
  SELECT g.outcome, g.ending, g.cause INTO outcome, ending, cause
    FROM mx_gate_1(p_scope, p_dream, p_fence, p_worker, p_digest) g;
  IF outcome = 0 OR outcome = 6 AND ending = 'failed' AND p_state IN ('failed', 'released') THEN
    ending := p_state; cause := p_cause;
  END IF;
  IF outcome IN (0, 6) THEN
    PERFORM mx_finish_1(p_scope, p_dream, p_worker, p_digest, ending, cause, p_more, p_left, p_summary, p_tokens,
      NULL, '{}', 0, 0,
      p_probable, p_probable_pairs, '{}', '{}', p_operation, p_actor, p_trace, p_span);
  END IF;
  RETURN NEXT;
END $$;
