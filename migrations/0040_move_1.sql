-- Moves a file within its scope: one revision at the new path, with the file's id. The old path keeps a row, deleted at
-- the move's version, so that what comes there later is another file and its versions go on; the new path's go on too,
-- whichever of the two is further. Locks the scope, then reads, so that everything it reads is current.
-- outcome: as mx_commit_1's 0, 1, 2, 3, 4, 8, 9 and 10; 11: a file stands at the new path, `version` is its.
-- p_reasons: the reason that each outcome is logged with, from outcome 0 on.
-- p_moves, p_qualifies: whether either end is a path that a dream must not have missed, that makes the user due.
CREATE FUNCTION mx_move_1(
  p_scope bigint, p_operation smallint, p_path text, p_new_path text, p_expected bigint, p_request uuid, p_digest bytea,
  p_actor text, p_principal uuid, p_reason text, p_trace bytea, p_span bytea, p_moves boolean, p_qualifies boolean,
  p_reasons smallint[])
RETURNS TABLE (
  outcome smallint, changed boolean, version bigint, sequence bigint, size integer, sha256 bytea, at timestamptz,
  actor text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE s mx_scope; f mx_file; n mx_file; v mx_revision; r record; t timestamptz; l_live bigint;
BEGIN
  SELECT * INTO s FROM mx_scope WHERE scope_id = p_scope
    FOR NO KEY UPDATE   -- guard: move_lock
    ;
  changed := false;
  IF s.scope_id IS NULL THEN outcome := 9; RETURN NEXT; RETURN; END IF;
  t := mx_now();
  SELECT m.digest, m.changed, m.sequence INTO r FROM mx_request m
    WHERE p_request IS NOT NULL AND m.scope_id = p_scope AND m.principal = p_principal AND m.request_id = p_request;
  SELECT * INTO f FROM mx_file WHERE scope_id = p_scope AND path = p_path;
  SELECT * INTO n FROM mx_file WHERE scope_id = p_scope AND path = p_new_path;
  l_live := CASE WHEN f.deleted THEN 0 ELSE coalesce(f.version, 0) END;
  outcome := CASE
    WHEN s.erasing THEN 10
    WHEN r.digest <> p_digest THEN 3
    WHEN r.digest = p_digest THEN 2   -- guard: move_request
    WHEN p_expected <> l_live THEN 4   -- guard: move_version
    WHEN l_live = 0 THEN 8
    WHEN p_path = p_new_path THEN 1
    WHEN NOT n.deleted THEN 11   -- guard: move_taken
    ELSE 0 END;
  version := CASE outcome WHEN 11 THEN n.version ELSE l_live END;
  IF outcome = 2 THEN
    SELECT x.version, x.sequence, x.size, x.sha256, x.at, x.actor INTO version, sequence, size, sha256, at, actor
      FROM mx_revision x WHERE x.scope_id = p_scope AND x.sequence = r.sequence;
    changed := r.changed;
  ELSIF outcome IN (0, 1) THEN
    SELECT * INTO v FROM mx_revision WHERE scope_id = p_scope AND file_id = f.file_id AND version = f.version;
    size := f.size; sha256 := f.sha256; sequence := v.sequence; at := f.updated_at; actor := f.updated_by;
  END IF;
  IF outcome = 0 THEN
    changed := true;
    version := greatest(f.version, n.version) + 1;
    s.sequence := s.sequence + 1;
    s.feed_xid := greatest(s.feed_xid, pg_current_xact_id());
    IF p_moves THEN s.moved_sequence := s.sequence; END IF;
    IF p_qualifies THEN
      s.new_changes := s.new_changes + 1;
      s.qualifying_sequence := s.sequence;
      s.qualifying_at := t;
    END IF;
    sequence := s.sequence;
    at := t;
    actor := p_actor;
    f.version := version; f.updated_at := t; f.updated_by := p_actor;
    n := f;
    n.path := p_new_path;
    f.size := 0; f.sha256 := ''; f.deleted := true;
    UPDATE mx_file
      SET version = f.version, size = f.size, sha256 = f.sha256, deleted = f.deleted, updated_at = f.updated_at,
        updated_by = f.updated_by
      WHERE scope_id = p_scope AND path = p_path;
    INSERT INTO mx_file (scope_id, path, file_id, version, size, sha256, deleted, created_at, updated_at, updated_by)
      VALUES (n.scope_id, n.path, n.file_id, n.version, n.size, n.sha256, n.deleted, n.created_at, n.updated_at,
        n.updated_by)
      ON CONFLICT (scope_id, path) DO UPDATE
        SET file_id = EXCLUDED.file_id, version = EXCLUDED.version, size = EXCLUDED.size, sha256 = EXCLUDED.sha256,
          deleted = EXCLUDED.deleted, created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at,
          updated_by = EXCLUDED.updated_by;
    INSERT INTO mx_revision (scope_id, file_id, version, sequence, operation, path, text, size, sha256, actor,
        principal, source, reason, request_id, trace_id, span_id, feed_xid, hidden_unicode, qualifies, moved_from, at)
      VALUES (p_scope, n.file_id, n.version, s.sequence, p_operation, n.path, v.text, n.size,
        n.sha256, p_actor, p_principal, v.source, p_reason, p_request, p_trace, p_span, s.feed_xid, v.hidden_unicode,
        p_qualifies, p_path, t);
    PERFORM mx_files_changed_1(ARRAY[s], ARRAY[f, n]);
  END IF;
  IF outcome IN (0, 1) AND p_request IS NOT NULL THEN
    INSERT INTO mx_request (scope_id, principal, request_id, digest, operation, changed, sequence, at)
      VALUES (p_scope, p_principal, p_request, p_digest, p_operation, outcome = 0, mx_move_1.sequence, t)
      ON CONFLICT DO NOTHING;
  END IF;
  INSERT INTO mx_access_log (scope_id, at, operation, path, file_version, outcome, reason, actor, principal, trace_id)
    VALUES (p_scope, t, p_operation, CASE WHEN outcome <= 2 OR outcome = 11 THEN p_new_path ELSE p_path END,
      coalesce(version, 0), CASE WHEN outcome <= 2 THEN 1 ELSE 2 END,
      p_reasons[1 + outcome],
      p_actor, p_principal, p_trace);
  RETURN NEXT;
END $$;
COMMENT ON FUNCTION mx_move_1 IS
  'Moves a file within its scope, with its revision, request, counters and log row.';
