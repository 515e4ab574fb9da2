-- Brings a batch of an archive into a scope without memory: files, and revisions, each with its log row. The caller has
-- locked the scope in this transaction, gives all files before the first revision, by path, and numbers the revisions;
-- the last batch checks the whole and counts it.
-- Ours are time, actor and principal of everything; what the archive says of its origin stays in `imported_*`.
-- outcome: 0 done; 1 a version of a file stands twice; and of the whole: 2 a file is not what its newest revision says,
--          3 a deleted file has no revision that took it away, 4 a path of a revision has no file, or one of an
--          earlier version, 5 a version does not follow the one before, 6 a file is not where its revision before left
--          it, or its place is taken.
-- line: the archive's line at which that shows: the header, the files by path, the revisions by sequence.
CREATE FUNCTION mx_import_1(
  p_scope bigint, p_files json, p_revisions json, p_last boolean, p_operation smallint, p_actor text, p_principal uuid,
  p_trace bytea)
RETURNS TABLE (outcome smallint, line bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE t timestamptz := mx_now(); l_rows bigint; l_path text; l_sequence bigint; l_files bigint; s mx_scope;
BEGIN
  outcome := 0; line := 0;
  INSERT INTO mx_file (scope_id, path, file_id, version, size, sha256, deleted, created_at, updated_at, updated_by)
    SELECT p_scope, f.path, f.file_id, f.version, f.size, decode(f.sha256, 'hex'), f.deleted, t, t, p_actor
      FROM json_to_recordset(p_files)
        AS f(path text, file_id uuid, version bigint, size integer, sha256 text, deleted boolean);
  WITH brought AS (
    INSERT INTO mx_revision (scope_id, file_id, version, sequence, operation, path, text, size, sha256, actor,
        principal, source, reason, feed_xid, hidden_unicode, qualifies, moved_from, redacted, imported_actor,
        imported_at, imported_dream, at)
      SELECT p_scope, r.file_id, r.version, r.sequence, r.operation, r.path, r.text, r.size, decode(r.sha256, 'hex'),
             p_actor, p_principal, r.source, r.reason, pg_current_xact_id(), r.hidden_unicode, r.qualifies,
             r.moved_from, r.redacted, r.imported_actor, r.imported_at, r.imported_dream, t
        FROM json_to_recordset(p_revisions)
          AS r(file_id uuid, version bigint, sequence bigint, operation smallint, path text, text text, size integer,
               sha256 text, source smallint, reason text, hidden_unicode boolean, qualifies boolean, moved_from text,
               redacted boolean, imported_actor text, imported_at timestamptz, imported_dream text)
      ON CONFLICT DO NOTHING
      RETURNING path, version)
  INSERT INTO mx_access_log (scope_id, at, operation, path, file_version, outcome, actor, principal, trace_id)
    SELECT p_scope, t, p_operation, path, version, 1, p_actor, p_principal, p_trace FROM brought;
  GET DIAGNOSTICS l_rows = ROW_COUNT;
  IF l_rows <> json_array_length(p_revisions) THEN
    outcome := 1;
    SELECT min(r.sequence) INTO l_sequence FROM json_to_recordset(p_revisions) AS r(sequence bigint)
      WHERE NOT EXISTS (SELECT FROM mx_revision v WHERE v.scope_id = p_scope AND v.sequence = r.sequence);
  ELSIF p_last THEN
    SELECT min(f.path)
      INTO l_path
      FROM mx_file f
      WHERE f.scope_id = p_scope AND NOT f.deleted
        AND NOT EXISTS (
          SELECT FROM mx_revision r
            WHERE r.scope_id = p_scope AND r.file_id = f.file_id AND r.version = f.version AND r.path = f.path
              AND r.text IS NOT NULL AND r.sha256 = f.sha256 AND r.size = f.size
              AND NOT EXISTS (
                SELECT FROM mx_revision n
                  WHERE n.scope_id = p_scope AND n.file_id = r.file_id AND n.version > r.version));
    IF l_path IS NOT NULL THEN
      outcome := 2;   -- guard: import_heads
    ELSE
      SELECT min(f.path)
        INTO l_path
        FROM mx_file f
        WHERE f.scope_id = p_scope AND f.deleted
          AND NOT EXISTS (
            SELECT FROM mx_revision r
              WHERE r.scope_id = p_scope AND r.file_id = f.file_id AND r.version = f.version
                AND (r.moved_from = f.path OR r.path = f.path AND r.text IS NULL AND NOT r.redacted));
      IF l_path IS NOT NULL THEN outcome := 3; END IF;
    END IF;
    IF outcome = 0 THEN
      -- A move is an event at both its paths: the next of the versions at either, and the one that takes the file away.
      -- Subtracted, not added: a version may be the largest number there is.
      SELECT c.broken, c.sequence
        INTO outcome, l_sequence
        FROM (
          SELECT e.sequence,
                 CASE
                   WHEN f.path IS NULL THEN 4
                   WHEN e.own AND e.version - 1 <> greatest(e.file_version, lag(e.version) OVER at_path, 0) THEN 5
                   WHEN e.own AND (e.file_path IS NULL AND e.moved_from IS NOT NULL OR e.file_gone
                                   OR e.file_path <> coalesce(e.moved_from, e.path)) THEN 6
                   WHEN e.own AND (e.file_path IS NULL OR e.moved_from IS NOT NULL)
                     AND NOT lag(e.gone) OVER at_path THEN 6
                 END AS broken
            FROM (
              SELECT v.sequence, v.version, v.path, v.moved_from, v.text IS NULL AND NOT v.redacted AS gone,
                     true AS own, lag(v.path) OVER of_file AS file_path, lag(v.version) OVER of_file AS file_version,
                     lag(v.text IS NULL AND NOT v.redacted) OVER of_file AS file_gone
                FROM mx_revision v
                WHERE v.scope_id = p_scope
                WINDOW of_file AS (PARTITION BY v.file_id ORDER BY v.sequence)
              UNION ALL
              SELECT v.sequence, v.version, v.moved_from, NULL, true, false, NULL, NULL, NULL
                FROM mx_revision v
                WHERE v.scope_id = p_scope AND v.moved_from IS NOT NULL) e
            LEFT JOIN mx_file f ON f.scope_id = p_scope AND f.path = e.path AND f.version >= e.version
            WINDOW at_path AS (PARTITION BY e.path ORDER BY e.sequence)) c
        WHERE c.broken IS NOT NULL
        ORDER BY c.sequence
        LIMIT 1;
      outcome := coalesce(outcome, 0);
    END IF;
  END IF;
  IF outcome <> 0 THEN
    SELECT count(*) INTO l_files FROM mx_file f WHERE f.scope_id = p_scope AND (l_path IS NULL OR f.path <= l_path);
    line := 1 + l_files + coalesce(l_sequence, 0);
  ELSIF p_last THEN
    UPDATE mx_revision r SET qualifies = false
      WHERE r.scope_id = p_scope AND r.qualifies
        AND NOT EXISTS (
          SELECT FROM mx_file f
            WHERE f.scope_id = p_scope AND f.path = r.path AND f.file_id = r.file_id AND f.version = r.version
              AND NOT f.deleted);
    SELECT * INTO s FROM mx_scope WHERE scope_id = p_scope;
    SELECT coalesce(max(r.sequence), 0), count(*) FILTER (WHERE r.qualifies),
           coalesce(max(r.sequence) FILTER (WHERE r.qualifies), 0), max(r.at) FILTER (WHERE r.qualifies)
      INTO s.sequence, s.new_changes, s.qualifying_sequence, s.qualifying_at
      FROM mx_revision r
      WHERE r.scope_id = p_scope;
    SELECT count(*), coalesce(sum(f.size), 0)
      INTO s.files, s.bytes
      FROM mx_file f
      WHERE f.scope_id = p_scope AND NOT f.deleted;
    s.moved_sequence := s.sequence;
    s.feed_xid := greatest(s.feed_xid, pg_current_xact_id());
    PERFORM mx_files_changed_1(ARRAY[s], '{}');   -- of no file, since nothing waited in a scope without memory
  END IF;
  RETURN NEXT;
END $$;
