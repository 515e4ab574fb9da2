-- The one function that changes files: for each item file, revision, log row, request and the scope's counters, or
-- the log row and a refusal. Locks its scopes in order, then reads, so that everything it reads is current.
-- outcome: 0 written, 1 unchanged, 2 repeated, 3 request id reused, 4 version conflict, 5 too many files,
--          6 too many bytes, 7 text too large, 8 nothing to delete, 9 no such scope, 10 erased.
-- p_expected: NULL overwrites; 0 matches no file, or a deleted one. p_text: NULL deletes.
-- p_conflict: the reason with which a version conflict is logged; 0: it is not, because the service tries again.
CREATE FUNCTION mx_commit_1(
  p_scope bigint[], p_operation smallint[], p_path text[], p_text text[], p_sha bytea[], p_expected bigint[], p_file uuid[],
  p_request uuid[], p_digest bytea[], p_actor text[], p_principal uuid[], p_source smallint[], p_reason text[], p_dream uuid[],
  p_trace bytea[], p_span bytea[], p_hidden boolean[], p_moves boolean[], p_qualifies boolean[], p_conflict smallint[])
RETURNS TABLE (item integer, outcome smallint, changed boolean, version bigint, sequence bigint, size integer, sha256 bytea, at timestamptz, actor text, quota bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  q record; f record; r record; s mx_scope; held bigint; l_first bigint; l_new integer; l_due integer; t timestamptz; l_live bigint; l_old integer;
  l_max_files bigint; l_max_bytes bigint; l_max_text bigint; l_workspace bigint;
  l_item integer[] := '{}'; l_outcome smallint[] := '{}'; l_version bigint[] := '{}';
BEGIN
  PERFORM FROM mx_scope WHERE scope_id = ANY (p_scope) ORDER BY scope_id FOR NO KEY UPDATE;   -- guard: lock
  t := mx_now();   -- under the lock: the start of the transaction is older than the wait
  FOR q IN
    SELECT u.*, coalesce(octet_length(u.text), 0) AS size
      FROM unnest(p_scope, p_operation, p_path, p_text, p_sha, p_expected, p_file, p_request, p_digest, p_actor, p_principal, p_source,
                  p_reason, p_dream, p_trace, p_span, p_hidden, p_moves, p_qualifies)
        WITH ORDINALITY AS u(scope_id, operation, path, text, sha, expected, file_id, request_id, digest, actor, principal, source,
                             reason, dream_id, trace_id, span_id, hidden, moves, qualifies, i)
     ORDER BY u.scope_id, u.i
  LOOP
    IF held IS DISTINCT FROM q.scope_id THEN   -- counters travel in s and are stored once a scope, not once an item
      IF s.sequence > l_first THEN
        UPDATE mx_scope SET sequence = s.sequence, moved_sequence = s.moved_sequence, new_changes = s.new_changes, feed_xid = s.feed_xid,
          qualifying_sequence = s.qualifying_sequence, qualifying_at = s.qualifying_at, files = s.files, bytes = s.bytes WHERE scope_id = held;
        IF l_new < l_due AND s.new_changes >= l_due THEN PERFORM mx_rearm_1(held); END IF;
      END IF;
      SELECT * INTO s FROM mx_scope WHERE scope_id = q.scope_id;
      held := q.scope_id; l_first := s.sequence; l_new := s.new_changes;
      IF l_workspace IS DISTINCT FROM s.workspace_id THEN
        l_workspace := s.workspace_id;
        l_due := mx_setting_1(s.workspace_id, 'dream_min_changes')::integer;
        l_max_files := mx_limit_1(s.workspace_id, 'max_files');
        l_max_bytes := mx_limit_1(s.workspace_id, 'max_scope_bytes');
        l_max_text := mx_limit_1(s.workspace_id, 'max_text_bytes');
      END IF;
      s.feed_xid := greatest(s.feed_xid, pg_current_xact_id());
    END IF;
    item := q.i; outcome := NULL; changed := false; version := NULL; sequence := NULL; size := NULL; sha256 := NULL; at := NULL; actor := NULL; quota := NULL;
    IF s.scope_id IS NULL THEN outcome := 9; RETURN NEXT; CONTINUE; END IF;
    IF s.erasing THEN outcome := 10; END IF;
    SELECT m.digest, m.changed, m.sequence INTO r FROM mx_request m
      WHERE q.request_id IS NOT NULL AND m.scope_id = q.scope_id AND m.principal = q.principal AND m.request_id = q.request_id;
    IF outcome IS NULL AND r.digest IS NOT NULL AND r.digest <> q.digest THEN outcome := 3; END IF;
    IF outcome IS NULL AND r.digest = q.digest THEN outcome := 2; END IF;   -- guard: request
    SELECT * INTO f FROM mx_file WHERE scope_id = q.scope_id AND path = q.path;
    l_live := CASE WHEN f.deleted THEN 0 ELSE coalesce(f.version, 0) END;
    l_old := CASE WHEN l_live = 0 THEN 0 ELSE f.size END;
    IF outcome IS NULL AND q.expected <> l_live THEN outcome := 4; END IF;   -- guard: version
    IF outcome IS NULL AND q.size > l_max_text THEN outcome := 7; quota := l_max_text; END IF;
    IF outcome IS NULL AND l_live > 0 AND q.text IS NOT NULL AND f.sha256 = q.sha THEN outcome := 1; END IF;
    IF outcome IS NULL AND l_live = 0 AND q.text IS NULL THEN outcome := CASE WHEN q.operation = 12 THEN 8 ELSE 1 END; END IF;
    IF outcome IS NULL AND l_live = 0 AND s.files >= l_max_files THEN outcome := 5; quota := l_max_files; END IF;
    IF outcome IS NULL AND q.size > l_old AND s.bytes - l_old + q.size > l_max_bytes THEN outcome := 6; quota := l_max_bytes; END IF;
    IF outcome = 2 THEN
      SELECT v.version, v.sequence, v.size, v.sha256, v.at, v.actor INTO version, sequence, size, sha256, at, actor
        FROM mx_revision v WHERE v.scope_id = q.scope_id AND v.sequence = r.sequence;
      changed := r.changed;
    ELSIF outcome IS NULL THEN
      outcome := 0; changed := true; version := coalesce(f.version, 0) + 1; size := q.size; sha256 := q.sha; at := t; actor := q.actor;
      s.sequence := s.sequence + 1; sequence := s.sequence;
      s.files := s.files + CASE WHEN l_live = 0 THEN 1 WHEN q.text IS NULL THEN -1 ELSE 0 END;
      s.bytes := s.bytes + q.size - l_old;
      IF l_live = 0 THEN f.file_id := q.file_id; END IF;   -- a path that comes again is another file
      INSERT INTO mx_file (scope_id, path, file_id, version, size, sha256, deleted, created_at, updated_at, updated_by)
        VALUES (q.scope_id, q.path, f.file_id, version, q.size, q.sha, q.text IS NULL, t, t, q.actor)
        ON CONFLICT (scope_id, path) DO UPDATE SET file_id = EXCLUDED.file_id, version = EXCLUDED.version, size = EXCLUDED.size,
          sha256 = EXCLUDED.sha256, deleted = EXCLUDED.deleted, updated_at = t, updated_by = EXCLUDED.updated_by;
      INSERT INTO mx_revision (scope_id, file_id, version, sequence, operation, path, text, size, sha256, actor, principal, source, reason,
          request_id, dream_id, trace_id, span_id, feed_xid, hidden_unicode, qualifies, at)
        VALUES (q.scope_id, f.file_id, version, s.sequence, q.operation, q.path, q.text, q.size, q.sha, q.actor, q.principal, q.source, q.reason,
          q.request_id, q.dream_id, q.trace_id, q.span_id, s.feed_xid, q.hidden, q.qualifies, t);
      IF q.moves THEN s.moved_sequence := s.sequence; END IF;
      IF q.qualifies THEN s.new_changes := s.new_changes + 1; s.qualifying_sequence := s.sequence; s.qualifying_at := t; END IF;
    ELSE
      version := l_live; size := f.size; sha256 := f.sha256; at := f.updated_at; actor := f.updated_by;
      IF outcome = 1 THEN
        SELECT v.sequence INTO sequence FROM mx_revision v WHERE v.scope_id = q.scope_id AND v.file_id = f.file_id AND v.version = f.version;
      END IF;
    END IF;
    IF outcome IN (0, 1) AND q.request_id IS NOT NULL THEN
      INSERT INTO mx_request (scope_id, principal, request_id, digest, changed, sequence, at)
        VALUES (q.scope_id, q.principal, q.request_id, q.digest, outcome = 0, coalesce(sequence, 0), t) ON CONFLICT DO NOTHING;
    END IF;
    l_item := l_item || item; l_outcome := l_outcome || outcome; l_version := l_version || coalesce(version, 0);
    RETURN NEXT;
  END LOOP;
  IF s.sequence > l_first THEN
    UPDATE mx_scope SET sequence = s.sequence, moved_sequence = s.moved_sequence, new_changes = s.new_changes, feed_xid = s.feed_xid,
      qualifying_sequence = s.qualifying_sequence, qualifying_at = s.qualifying_at, files = s.files, bytes = s.bytes WHERE scope_id = held;
    IF l_new < l_due AND s.new_changes >= l_due THEN PERFORM mx_rearm_1(held); END IF;
  END IF;
  INSERT INTO mx_access_log (scope_id, at, operation, path, file_version, outcome, reason, actor, principal, dream_id, trace_id)   -- one INSERT a batch
    SELECT p_scope[l.i], t, p_operation[l.i], p_path[l.i], l.version, CASE WHEN l.outcome <= 2 THEN 1 ELSE 2 END,
           CASE l.outcome WHEN 3 THEN 7 WHEN 4 THEN p_conflict[l.i] WHEN 5 THEN 32 WHEN 6 THEN 32 WHEN 7 THEN 2 WHEN 8 THEN 8 ELSE 0 END,
           p_actor[l.i], p_principal[l.i], p_dream[l.i], p_trace[l.i]
      FROM unnest(l_item, l_outcome, l_version) AS l(i, outcome, version) WHERE l.outcome <> 10 AND (l.outcome <> 4 OR p_conflict[l.i] <> 0);   -- an erased scope takes no row
END $$;
