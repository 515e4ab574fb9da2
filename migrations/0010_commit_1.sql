-- The one function that changes files: for each item file, revision, log row, request and the scope's counters, or
-- the log row and a refusal. Locks its scopes in order, then reads, so that everything it reads is current; decides item
-- by item, each on what those before it left; and stores what came of them together, because a statement for each of
-- them costs more than its rows.
-- outcome: 0 written, 1 unchanged, 2 repeated, 3 request id reused, 4 version conflict, 5 too many files,
--          6 too many bytes, 7 text too large, 8 nothing to delete, 9 no such scope, 10 erased.
-- p_expected: NULL overwrites; 0 matches no file, or a deleted one. p_text: NULL deletes.
-- p_conflict: the reason with which a version conflict is logged; 0: it is not, because the service tries again.
-- Plans are kept, and look rows up by their keys alone: one that was made while a table was small outlives its growth.
CREATE FUNCTION mx_commit_1(
  p_scope bigint[], p_operation smallint[], p_path text[], p_text text[], p_sha bytea[], p_expected bigint[], p_file uuid[],
  p_request uuid[], p_digest bytea[], p_actor text[], p_principal uuid[], p_source smallint[], p_reason text[], p_dream uuid[],
  p_trace bytea[], p_span bytea[], p_hidden boolean[], p_moves boolean[], p_qualifies boolean[], p_conflict smallint[])
RETURNS TABLE (item integer, outcome smallint, changed boolean, version bigint, sequence bigint, size integer, sha256 bytea, at timestamptz, actor text, quota bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  q record; f mx_file; r mx_request; s mx_scope; held bigint; t timestamptz; l_first bigint; l_new integer; l_live bigint; l_old integer; l_size integer; l_at integer;
  l_workspace bigint; l_due integer; l_max_files bigint; l_max_bytes bigint; l_max_text bigint; l_scope bigint;
  l_scopes mx_scope[] := '{}'; l_rearm bigint[] := '{}';                       -- those that changed, as they are afterwards
  l_heads mx_file[] := '{}'; l_sequences bigint[] := '{}'; l_from integer;     -- files that changed, likewise; where this scope's begin
  l_paths text[]; l_asked uuid[];                                              -- this scope's: of l_heads, and requests that came by
  n integer[] := ARRAY[cardinality(p_scope)]; l_none smallint[] := array_fill(NULL::smallint, n);
  l_outcome smallint[] := l_none; l_version bigint[] := array_fill(NULL::bigint, n); l_sequence bigint[] := l_version;   -- by item
  l_file uuid[] := array_fill(NULL::uuid, n); l_feed xid8[] := array_fill(NULL::xid8, n);
BEGIN
  PERFORM FROM mx_scope WHERE scope_id = ANY (p_scope) ORDER BY scope_id FOR NO KEY UPDATE;   -- guard: lock
  t := mx_now();   -- under the lock: the start of the transaction is older than the wait
  FOR q IN   -- the items, and last a row of NULLs
    SELECT u.scope_id, u.operation, u.path, octet_length(u.text) AS size, u.sha, u.expected, u.file_id, u.request_id, u.digest, u.actor, u.principal,
           u.moves, u.qualifies, u.i, f AS head, m AS known, c AS scope
      FROM unnest(p_scope || NULL::bigint, p_operation, p_path, p_text, p_sha, p_expected, p_file, p_request, p_digest, p_actor, p_principal, p_moves, p_qualifies)
             WITH ORDINALITY AS u(scope_id, operation, path, text, sha, expected, file_id, request_id, digest, actor, principal, moves, qualifies, i)
      LEFT JOIN mx_scope c ON c.scope_id = u.scope_id
      LEFT JOIN mx_file f ON f.scope_id = u.scope_id AND f.path = u.path
      LEFT JOIN mx_request m ON m.scope_id = u.scope_id AND m.principal = u.principal AND m.request_id = u.request_id
     ORDER BY u.scope_id, u.i
  LOOP
    IF held IS DISTINCT FROM q.scope_id THEN   -- counters travel in s and are stored once a scope, not once an item
      IF s.sequence > l_first THEN
        l_scopes := l_scopes || s;
        IF l_new < l_due AND s.new_changes >= l_due THEN l_rearm := l_rearm || held; END IF;
      END IF;
      l_paths := '{}'; l_from := cardinality(l_heads);
    END IF;
    r := q.known;
    IF q.scope_id IS NULL OR q.request_id = ANY (l_asked) THEN   -- all is decided, or a repeat wants to see what it repeats
      INSERT INTO mx_file (scope_id, path, file_id, version, size, sha256, deleted, created_at, updated_at, updated_by)
        SELECT h.scope_id, h.path, h.file_id, h.version, h.size, h.sha256, h.deleted, h.created_at, h.updated_at, h.updated_by FROM unnest(l_heads) AS h
        ON CONFLICT (scope_id, path) DO UPDATE SET file_id = EXCLUDED.file_id, version = EXCLUDED.version, size = EXCLUDED.size,
          sha256 = EXCLUDED.sha256, deleted = EXCLUDED.deleted, updated_at = EXCLUDED.updated_at, updated_by = EXCLUDED.updated_by;
      INSERT INTO mx_revision (scope_id, file_id, version, sequence, operation, path, text, size, sha256, actor, principal, source, reason,
          request_id, dream_id, trace_id, span_id, feed_xid, hidden_unicode, qualifies, at)
        SELECT w.scope_id, w.file_id, w.version, w.sequence, w.operation, w.path, w.text, coalesce(octet_length(w.text), 0), w.sha, w.actor, w.principal, w.source, w.reason,
               w.request_id, w.dream_id, w.trace_id, w.span_id, w.feed, w.hidden, w.qualifies, t
          FROM unnest(l_outcome, l_file, l_version, l_sequence, l_feed, p_scope, p_operation, p_path, p_text, p_sha, p_actor, p_principal, p_source, p_reason,
                      p_request, p_dream, p_trace, p_span, p_hidden, p_qualifies)
            AS w(outcome, file_id, version, sequence, feed, scope_id, operation, path, text, sha, actor, principal, source, reason,
                 request_id, dream_id, trace_id, span_id, hidden, qualifies)
         WHERE w.outcome = 0;
      INSERT INTO mx_request (scope_id, principal, request_id, digest, operation, changed, sequence, at)
        SELECT w.scope_id, w.principal, w.request_id, w.digest, w.operation, w.outcome = 0, coalesce(w.sequence, 0), t
          FROM unnest(l_outcome, l_sequence, p_scope, p_principal, p_request, p_digest, p_operation)
            AS w(outcome, sequence, scope_id, principal, request_id, digest, operation)
         WHERE w.outcome IN (0, 1) AND w.request_id IS NOT NULL ON CONFLICT DO NOTHING;
      UPDATE mx_scope c SET sequence = n.sequence, moved_sequence = n.moved_sequence, new_changes = n.new_changes, feed_xid = n.feed_xid,
          qualifying_sequence = n.qualifying_sequence, qualifying_at = n.qualifying_at, files = n.files, bytes = n.bytes
        FROM unnest(l_scopes) AS n WHERE c.scope_id = n.scope_id;
      INSERT INTO mx_access_log (scope_id, at, operation, path, file_version, outcome, reason, actor, principal, dream_id, trace_id)
        SELECT w.scope_id, t, w.operation, w.path, w.version, CASE WHEN w.outcome <= 2 THEN 1 ELSE 2 END,
               CASE w.outcome WHEN 3 THEN 7 WHEN 4 THEN w.conflict WHEN 5 THEN 32 WHEN 6 THEN 32 WHEN 7 THEN 2 WHEN 8 THEN 8 ELSE 0 END,
               w.actor, w.principal, w.dream_id, w.trace_id
          FROM unnest(l_outcome, l_version, p_scope, p_operation, p_path, p_conflict, p_actor, p_principal, p_dream, p_trace)
            AS w(outcome, version, scope_id, operation, path, conflict, actor, principal, dream_id, trace_id)
         WHERE w.outcome <= 8 AND (w.outcome <> 4 OR w.conflict <> 0);   -- an erased scope takes no row
      FOREACH l_scope IN ARRAY l_rearm LOOP PERFORM mx_rearm_1(l_scope); END LOOP;
      EXIT WHEN q.scope_id IS NULL;
      l_outcome := l_none; l_scopes := '{}'; l_rearm := '{}';   -- not l_asked: what q.known says is of before all of them
      SELECT * INTO r FROM mx_request WHERE scope_id = q.scope_id AND principal = q.principal AND request_id = q.request_id;
    END IF;
    IF held IS DISTINCT FROM q.scope_id THEN
      s := q.scope; held := q.scope_id; l_first := s.sequence; l_new := s.new_changes; l_asked := '{}';
      IF l_workspace IS DISTINCT FROM s.workspace_id THEN
        l_workspace := s.workspace_id;
        l_due := mx_setting_1(l_workspace, 'dream_min_changes')::integer;
        l_max_files := mx_limit_1(l_workspace, 'max_files');
        l_max_bytes := mx_limit_1(l_workspace, 'max_scope_bytes');
        l_max_text := mx_limit_1(l_workspace, 'max_text_bytes');
      END IF;
      s.feed_xid := greatest(s.feed_xid, pg_current_xact_id());
    END IF;
    item := q.i; outcome := NULL; changed := false; version := NULL; sequence := NULL; size := NULL; sha256 := NULL; at := NULL; actor := NULL; quota := NULL;
    IF s.scope_id IS NULL THEN outcome := 9; RETURN NEXT; CONTINUE; END IF;
    l_at := l_from + array_position(l_paths, q.path);
    IF l_at IS NULL THEN f := q.head; ELSE f := l_heads[l_at]; END IF;
    l_live := CASE WHEN f.deleted THEN 0 ELSE coalesce(f.version, 0) END;
    l_old := CASE WHEN l_live = 0 THEN 0 ELSE f.size END;
    l_size := coalesce(q.size, 0);
    IF s.erasing THEN outcome := 10;
    ELSIF r.digest <> q.digest THEN outcome := 3;
    ELSIF r.digest = q.digest THEN outcome := 2;   -- guard: request
    ELSIF q.expected <> l_live THEN outcome := 4;   -- guard: version
    ELSIF l_size > greatest(l_max_text, l_old) THEN outcome := 7; quota := l_max_text;
    ELSIF l_live > 0 AND q.size IS NOT NULL AND f.sha256 = q.sha THEN outcome := 1;
    ELSIF l_live = 0 AND q.size IS NULL THEN outcome := CASE WHEN q.operation = 12 THEN 8 ELSE 1 END;
    ELSIF l_live = 0 AND s.files >= l_max_files THEN outcome := 5; quota := l_max_files;
    ELSIF l_size > l_old AND s.bytes - l_old + l_size > l_max_bytes THEN outcome := 6; quota := l_max_bytes;
    ELSE outcome := 0; END IF;
    IF outcome = 0 THEN
      changed := true; version := coalesce(f.version, 0) + 1; size := l_size; sha256 := q.sha; at := t; actor := q.actor;
      s.sequence := s.sequence + 1; sequence := s.sequence;
      s.files := s.files + CASE WHEN l_live = 0 THEN 1 WHEN q.size IS NULL THEN -1 ELSE 0 END;
      s.bytes := s.bytes + l_size - l_old;
      IF q.moves THEN s.moved_sequence := s.sequence; END IF;
      IF q.qualifies THEN s.new_changes := s.new_changes + 1; s.qualifying_sequence := s.sequence; s.qualifying_at := t; END IF;
      f := ROW (q.scope_id, q.path, CASE WHEN l_live = 0 THEN q.file_id ELSE f.file_id END,   -- a path that comes again is another file
                version, l_size, q.sha, q.size IS NULL, coalesce(f.created_at, t), t, q.actor);
      IF l_at IS NULL THEN
        l_paths := l_paths || q.path; l_heads := l_heads || f; l_sequences := l_sequences || sequence;
      ELSE
        l_heads[l_at] := f; l_sequences[l_at] := sequence;
      END IF;
    ELSIF outcome = 2 THEN
      SELECT v.version, v.sequence, v.size, v.sha256, v.at, v.actor INTO version, sequence, size, sha256, at, actor
        FROM mx_revision v WHERE v.scope_id = q.scope_id AND v.sequence = r.sequence;
      changed := r.changed;
    ELSE
      version := l_live; size := f.size; sha256 := f.sha256; at := f.updated_at; actor := f.updated_by;
      IF outcome = 1 AND l_at IS NOT NULL THEN
        sequence := l_sequences[l_at];
      ELSIF outcome = 1 THEN
        SELECT v.sequence INTO sequence FROM mx_revision v WHERE v.scope_id = q.scope_id AND v.file_id = f.file_id AND v.version = f.version;
      END IF;
    END IF;
    l_outcome[item] := outcome; l_version[item] := coalesce(version, 0); l_sequence[item] := sequence; l_file[item] := f.file_id; l_feed[item] := s.feed_xid;
    IF q.request_id IS NOT NULL THEN l_asked := l_asked || q.request_id; END IF;
    RETURN NEXT;
  END LOOP;
END $$;
