-- Stages one op of a dream: lease, version and budgets are checked and the counters moved under the lock of the
-- dream's row, in one round trip with the op and its log row.
-- outcome: 0 staged, 1 lost, 2 overtaken, 3 out of time, 4 sealed, 6 unchanged, 7 version conflict, 8 ops spent,
--          9 files spent, 10 bytes spent, 11 staged before by the same call, 12 text too large,
--          14 forgotten.
-- p_forgotten: it would bring back what a person said no to.
-- p_reasons: the reason that each outcome is logged with, from outcome 0 on.
CREATE FUNCTION mx_dream_stage_1(
  p_scope bigint, p_dream uuid, p_fence bigint, p_worker uuid, p_operation smallint, p_path text, p_expected bigint,
  p_text text, p_sha bytea, p_inserted bigint, p_hidden boolean, p_source smallint, p_reason text,
  p_treatments bytea[], p_forgotten boolean, p_request uuid, p_actor text, p_trace bytea, p_reasons smallint[])
RETURNS TABLE (outcome smallint, version bigint, at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE f record; o record; l_base bigint; l_current bigint; l_new_file integer; d mx_dream;
BEGIN
  outcome := mx_lease_1(p_scope, p_dream, p_fence, p_worker);
  SELECT file_id, version, size, sha256, deleted INTO f FROM mx_file WHERE scope_id = p_scope AND path = p_path;
  l_base := CASE WHEN f.deleted THEN 0 ELSE coalesce(f.version, 0) END;
  SELECT x.size, x.sha256, x.expected_version, x.request_id, x.at, count(*) OVER () AS staged INTO o FROM mx_dream_op x
    WHERE x.scope_id = p_scope AND x.dream_id = p_dream AND x.path = p_path ORDER BY x.number DESC LIMIT 1;
  l_current := l_base + coalesce(o.staged, 0); version := l_current;
  IF outcome = 0 AND o.expected_version = p_expected AND o.sha256 = p_sha
      AND o.request_id IS NOT DISTINCT FROM p_request THEN
    outcome := 11; at := o.at;
  END IF;
  IF outcome = 0 AND p_expected <> l_current THEN outcome := 7; END IF;
  IF outcome = 0 AND p_forgotten THEN outcome := 14; END IF;
  IF outcome = 0 AND octet_length(p_text) > greatest(
      CASE WHEN l_current > 0 THEN coalesce(o.size, f.size) END,   -- a text may always become shorter
      (SELECT mx_limit_1(workspace_id, 'max_text_bytes') FROM mx_scope WHERE scope_id = p_scope)) THEN
    outcome := 12;
  END IF;
  IF outcome = 0 AND l_current > 0 AND coalesce(o.sha256, f.sha256) = p_sha THEN outcome := 6; END IF;
  IF outcome = 0 THEN
    l_new_file := CASE WHEN o.staged IS NULL THEN 1 ELSE 0 END;
    UPDATE mx_dream SET ops = ops + 1, files = files + l_new_file, bytes = bytes + p_inserted
      WHERE scope_id = p_scope AND dream_id = p_dream
        AND ops < max_ops   -- guard: budget
        AND files + l_new_file <= max_files
        AND bytes + p_inserted <= max_bytes
      RETURNING * INTO d;
    IF NOT FOUND THEN
      SELECT * INTO d FROM mx_dream WHERE scope_id = p_scope AND dream_id = p_dream;
      outcome := CASE WHEN d.ops >= d.max_ops THEN 8 WHEN d.files + l_new_file > d.max_files THEN 9 ELSE 10 END;
    ELSE
      at := mx_now(); version := l_current + 1;
      INSERT INTO mx_dream_op (scope_id, dream_id, number, operation, path, base_file, base_version, expected_version,
          text, size, sha256, inserted_bytes,
          hidden_unicode, source, reason, treatments, request_id, at)
        VALUES (p_scope, p_dream, d.ops, p_operation, p_path,
          CASE WHEN l_base > 0 THEN f.file_id END, l_base, p_expected,
          p_text, octet_length(p_text), p_sha, p_inserted,
          p_hidden, p_source, p_reason, p_treatments, p_request, at);
    END IF;
  END IF;
  IF outcome BETWEEN 7 AND 10 OR outcome IN (12, 14) THEN
    UPDATE mx_dream SET refused_ops = refused_ops + 1 WHERE scope_id = p_scope AND dream_id = p_dream;
  END IF;
  INSERT INTO mx_access_log (scope_id, operation, path, file_version, outcome, reason,
      actor, principal, dream_id, trace_id)
    SELECT p_scope, p_operation, p_path, version, CASE WHEN outcome IN (0, 6, 11) THEN 1 ELSE 2 END,
      p_reasons[1 + outcome],
      p_actor, p_worker, p_dream, p_trace
      -- an invented dream writes nothing anywhere
      WHERE EXISTS (SELECT FROM mx_dream WHERE scope_id = p_scope AND dream_id = p_dream);
  RETURN NEXT;
END $$;
