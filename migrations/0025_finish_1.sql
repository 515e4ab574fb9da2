-- Ends a dream after mx_gate_1, in the same transaction: the ending itself, what it took, the answer that a repeat of
-- this FinishDream gets, and the log row.
-- p_paths, p_versions: the files that it touches or cites, where it ends as a proposal.
CREATE FUNCTION mx_finish_1(
  p_scope bigint, p_dream uuid, p_worker uuid, p_digest bytea, p_state text, p_cause text, p_more boolean,
  p_left text[], p_summary text, p_tokens bigint, p_ledger bytea, p_violations bytea[], p_lost integer,
  p_statements integer, p_probable bytea[], p_probable_pairs integer, p_paths text[], p_versions bigint[],
  p_operation smallint, p_actor text, p_trace bytea, p_span bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF mx_end_dream_1(p_scope, p_dream, p_state, p_cause, p_more, p_left) IS NULL THEN
    RAISE 'mx_finish_1 without mx_gate_1';
  END IF;
  UPDATE mx_dream
    SET finished = p_digest, finished_as = p_state, finished_cause = p_cause, summary = p_summary,
      model_tokens = model_tokens + p_tokens, ledger = p_ledger, violations = p_violations, lost_statements = p_lost,
      statements_before = p_statements,
      probable = p_probable, probable_pairs = p_probable_pairs, trace_id = coalesce(p_trace, trace_id), span_id = p_span
    WHERE scope_id = p_scope AND dream_id = p_dream;
  IF p_state = 'proposed' THEN PERFORM mx_propose_1(p_scope, p_dream, p_paths, p_versions); END IF;
  INSERT INTO mx_access_log (scope_id, operation, outcome, actor, principal, dream_id, trace_id)
    VALUES (p_scope, p_operation, 1, p_actor, p_worker, p_dream, p_trace);
END $$;
