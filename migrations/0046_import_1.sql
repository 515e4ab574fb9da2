-- Brings a batch of an archive into a scope without memory: files, and revisions, each with its log row. The caller has
-- locked the scope in this transaction and numbers the revisions; the last batch checks the whole and counts it.
-- Ours are time, actor and principal of everything; what the archive says of its origin stays in `imported_*`.
-- outcome: 0 done; 1 a file or revision stands twice; and of the whole: 2 a file is not what its newest revision says,
--          3 a deleted file has no revision that took it away, 4 a path has revisions and no file, 5 versions have a gap.
CREATE FUNCTION mx_import_1(p_scope bigint, p_files json, p_revisions json, p_last boolean, p_operation smallint, p_actor text, p_principal uuid, p_trace bytea)
RETURNS smallint LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE t timestamptz := mx_now(); l_rows bigint;
BEGIN
  INSERT INTO mx_file (scope_id, path, file_id, version, size, sha256, deleted, created_at, updated_at, updated_by)
    SELECT p_scope, f.path, f.file_id, f.version, f.size, decode(f.sha256, 'hex'), f.deleted, t, t, p_actor
      FROM json_to_recordset(p_files) AS f(path text, file_id uuid, version bigint, size integer, sha256 text, deleted boolean)
    ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS l_rows = ROW_COUNT;
  IF l_rows <> json_array_length(p_files) THEN RETURN 1; END IF;
  WITH brought AS (
    INSERT INTO mx_revision (scope_id, file_id, version, sequence, operation, path, text, size, sha256, actor, principal, source, reason, feed_xid,
        hidden_unicode, qualifies, moved_from, redacted, imported_actor, imported_at, imported_dream, at)
      SELECT p_scope, r.file_id, r.version, r.sequence, r.operation, r.path, r.text, r.size, decode(r.sha256, 'hex'), p_actor, p_principal, r.source, r.reason,
             pg_current_xact_id(), r.hidden_unicode, r.qualifies, r.moved_from, r.redacted, r.imported_actor, r.imported_at, r.imported_dream, t
        FROM json_to_recordset(p_revisions) AS r(file_id uuid, version bigint, sequence bigint, operation smallint, path text, text text, size integer,
          sha256 text, source smallint, reason text, hidden_unicode boolean, qualifies boolean, moved_from text, redacted boolean,
          imported_actor text, imported_at timestamptz, imported_dream text)
      ON CONFLICT DO NOTHING RETURNING path, version)
  INSERT INTO mx_access_log (scope_id, at, operation, path, file_version, outcome, actor, principal, trace_id)
    SELECT p_scope, t, p_operation, path, version, 1, p_actor, p_principal, p_trace FROM brought;
  GET DIAGNOSTICS l_rows = ROW_COUNT;
  IF l_rows <> json_array_length(p_revisions) THEN RETURN 1; END IF;
  IF NOT p_last THEN RETURN 0; END IF;

  IF EXISTS (SELECT FROM mx_file f WHERE f.scope_id = p_scope AND NOT f.deleted AND NOT EXISTS (   -- guard: import_heads
      SELECT FROM mx_revision r WHERE r.scope_id = p_scope AND r.file_id = f.file_id AND r.version = f.version AND r.path = f.path AND r.text IS NOT NULL
         AND r.sha256 = f.sha256 AND r.size = f.size
         AND NOT EXISTS (SELECT FROM mx_revision n WHERE n.scope_id = p_scope AND n.file_id = r.file_id AND n.version > r.version))) THEN RETURN 2; END IF;
  IF EXISTS (SELECT FROM mx_file f WHERE f.scope_id = p_scope AND f.deleted AND NOT EXISTS (
      SELECT FROM mx_revision r WHERE r.scope_id = p_scope AND r.file_id = f.file_id AND r.version = f.version
         AND (r.moved_from = f.path OR r.path = f.path AND r.text IS NULL AND NOT r.redacted))) THEN RETURN 3; END IF;
  IF EXISTS (SELECT FROM mx_revision r WHERE r.scope_id = p_scope AND NOT EXISTS (
      SELECT FROM mx_file f WHERE f.scope_id = p_scope AND f.path = r.path AND f.version >= r.version)) THEN RETURN 4; END IF;
  -- At each path the versions go up one by one, but for a move, which is an event at both its ends and may leave numbers out.
  IF EXISTS (SELECT FROM (
      SELECT e.version, e.moved, coalesce(lag(e.version) OVER (PARTITION BY e.path ORDER BY e.sequence), 0) AS before FROM (
        SELECT r.path, r.version, r.sequence, r.moved_from IS NOT NULL AS moved FROM mx_revision r WHERE r.scope_id = p_scope
        UNION ALL SELECT r.moved_from, r.version, r.sequence, true FROM mx_revision r WHERE r.scope_id = p_scope AND r.moved_from IS NOT NULL) e) v
      WHERE v.version <= v.before OR NOT v.moved AND v.version <> v.before + 1) THEN RETURN 5; END IF;

  UPDATE mx_revision r SET qualifies = false WHERE r.scope_id = p_scope AND r.qualifies AND NOT EXISTS (
    SELECT FROM mx_file f WHERE f.scope_id = p_scope AND f.path = r.path AND f.file_id = r.file_id AND f.version = r.version AND NOT f.deleted);
  UPDATE mx_scope s SET sequence = v.last, moved_sequence = v.last, feed_xid = greatest(s.feed_xid, pg_current_xact_id()), files = f.files, bytes = f.bytes,
      new_changes = v.new_changes, qualifying_sequence = v.qualifying, qualifying_at = v.qualifying_at
    FROM (SELECT coalesce(max(sequence), 0) AS last, count(*) FILTER (WHERE qualifies) AS new_changes,
                 coalesce(max(sequence) FILTER (WHERE qualifies), 0) AS qualifying, max(at) FILTER (WHERE qualifies) AS qualifying_at
            FROM mx_revision WHERE scope_id = p_scope) v,
         (SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM mx_file WHERE scope_id = p_scope AND NOT deleted) f
    WHERE s.scope_id = p_scope;
  PERFORM mx_rearm_1(p_scope);
  RETURN 0;
END $$;
