-- Writes and deletes texts of files: the one write path for them. A move, an import, a redaction and an erasure have a
-- function each beside it (mx_move_1, mx_import_1, mx_redact_1, mx_erase_1).
-- Takes one item for each change and gives one row for each. A refused item does not fail the others. Steps:
--   1. Lock the scopes in order of their ids, so that everything that is read afterwards is current.
--   2. Read for each item its scope, the file at its path and what its request id was answered before.
--   3. Decide item by item, each on what the items before it left. Counters and changed files stay in variables.
--   4. Store everything together, because a statement costs more than its rows. This comes after the last item, and
--      earlier where an item repeats the request id of an item before it: it must find that item's answer.
-- outcome: 0 written, 1 unchanged, 2 repeated, 3 request id reused, 4 version conflict, 5 too many files,
--          6 too many bytes, 7 text too large, 8 nothing to delete, 9 no such scope, 10 erased.
-- p_expected: NULL overwrites; 0 matches no file, or a deleted one. p_text: NULL deletes.
-- p_conflict: the reason with which a version conflict is logged; 0: it is not, because the service tries again.
-- p_reasons: the reason that each other outcome is logged with, from outcome 0 on.
-- Plans are kept and look rows up by their keys alone: a plan from when a table was small outlives the table's growth.
CREATE FUNCTION mx_commit_1(
  p_scope bigint[], p_operation smallint[], p_path text[], p_text text[], p_sha bytea[], p_expected bigint[],
  p_file uuid[], p_request uuid[], p_digest bytea[], p_actor text[], p_principal uuid[], p_source smallint[],
  p_reason text[], p_dream uuid[], p_trace bytea[], p_span bytea[], p_hidden boolean[], p_moves boolean[],
  p_qualifies boolean[], p_conflict smallint[], p_reasons smallint[])
RETURNS TABLE (
  number integer, outcome smallint, changed boolean, version bigint, sequence bigint, size integer, sha256 bytea,
  at timestamptz, actor text, quota bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  now timestamptz;
  item record;                              -- what is asked, with what was stored before all items
  scope mx_scope;                           -- the item's scope with its counters, as the items before left it
  file mx_file;                             -- the file at the item's path, likewise
  known mx_request;                         -- what the item's request id was answered before
  live bigint;                              -- the file's version; 0 where there is none or it is deleted
  old_size integer;
  new_size integer;
  -- The scope whose items are being decided, and of it:
  current_scope bigint;
  sequence_before bigint;
  asked uuid[];                             -- the request ids of its items so far
  head_paths text[];                        -- the paths of its changed files, in the order of `heads`
  heads_before integer;                     -- how many of `heads` are of scopes before it
  slot integer;                             -- where the item's file stands in `heads`; NULL: it did not change
  -- The workspace of that scope, and its limits:
  workspace bigint;
  max_files bigint;
  max_scope_bytes bigint;
  max_text_bytes bigint;
  -- What is to be stored, by scope, by changed file and by item:
  scopes mx_scope[] := '{}';
  heads mx_file[] := '{}';
  head_sequences bigint[] := '{}';
  length integer[] := ARRAY[cardinality(p_scope)];
  undecided smallint[] := array_fill(NULL::smallint, length);
  outcomes smallint[] := undecided;
  versions bigint[] := array_fill(NULL::bigint, length);
  sequences bigint[] := versions;
  file_ids uuid[] := array_fill(NULL::uuid, length);
  feeds xid8[] := array_fill(NULL::xid8, length);
BEGIN
  -- 1. Lock.
  PERFORM FROM mx_scope WHERE scope_id = ANY (p_scope) ORDER BY scope_id FOR NO KEY UPDATE;   -- guard: lock
  now := mx_now();   -- under the lock: the start of the transaction is older than the wait

  -- 2. Read. After the last item comes a row of NULLs, at which everything is stored.
  FOR item IN
    SELECT given.scope_id, given.operation, given.path, octet_length(given.text) AS size, given.sha, given.expected,
           given.file_id, given.request_id, given.digest, given.actor, given.principal, given.moves, given.qualifies,
           given.number, head, known, scope
      FROM unnest(p_scope || NULL::bigint, p_operation, p_path, p_text, p_sha, p_expected, p_file, p_request,
                  p_digest, p_actor, p_principal, p_moves, p_qualifies)
             WITH ORDINALITY AS given(scope_id, operation, path, text, sha, expected, file_id, request_id,
                  digest, actor, principal, moves, qualifies, number)
      LEFT JOIN mx_scope AS scope
        ON scope.scope_id = given.scope_id
      LEFT JOIN mx_file AS head
        ON head.scope_id = given.scope_id AND head.path = given.path
      LEFT JOIN mx_request AS known
        ON known.scope_id = given.scope_id AND known.principal = given.principal
       AND known.request_id = given.request_id
     ORDER BY given.scope_id, given.number
  LOOP
    -- The scope before is done: its counters are stored once, not once an item.
    IF current_scope IS DISTINCT FROM item.scope_id THEN
      IF scope.sequence > sequence_before THEN
        scopes := scopes || scope;
      END IF;
      head_paths := '{}';
      heads_before := cardinality(heads);
    END IF;
    known := item.known;

    -- 4. Store: all items are decided, or this one repeats an item before it.
    IF item.scope_id IS NULL OR item.request_id = ANY (asked) THEN
      INSERT INTO mx_file (scope_id, path, file_id, version, size, sha256, deleted, created_at, updated_at, updated_by)
        SELECT head.scope_id, head.path, head.file_id, head.version, head.size, head.sha256, head.deleted,
               head.created_at, head.updated_at, head.updated_by
          FROM unnest(heads) AS head
        ON CONFLICT (scope_id, path) DO UPDATE
          SET file_id = EXCLUDED.file_id, version = EXCLUDED.version, size = EXCLUDED.size,
              sha256 = EXCLUDED.sha256, deleted = EXCLUDED.deleted, updated_at = EXCLUDED.updated_at,
              updated_by = EXCLUDED.updated_by;
      INSERT INTO mx_revision (scope_id, file_id, version, sequence, operation, path, text, size, sha256, actor,
          principal, source, reason, request_id, dream_id, trace_id, span_id, feed_xid, hidden_unicode, qualifies, at)
        SELECT written.scope_id, written.file_id, written.version, written.sequence, written.operation, written.path,
               written.text, coalesce(octet_length(written.text), 0), written.sha, written.actor, written.principal,
               written.source, written.reason, written.request_id, written.dream_id, written.trace_id,
               written.span_id, written.feed, written.hidden, written.qualifies, now
          FROM unnest(outcomes, file_ids, versions, sequences, feeds, p_scope, p_operation, p_path, p_text, p_sha,
                      p_actor, p_principal, p_source, p_reason, p_request, p_dream, p_trace, p_span, p_hidden,
                      p_qualifies)
            AS written(outcome, file_id, version, sequence, feed, scope_id, operation, path, text, sha,
                      actor, principal, source, reason, request_id, dream_id, trace_id, span_id, hidden,
                      qualifies)
         WHERE written.outcome = 0;
      INSERT INTO mx_request (scope_id, principal, request_id, digest, operation, changed, sequence, at)
        SELECT answered.scope_id, answered.principal, answered.request_id, answered.digest, answered.operation,
               answered.outcome = 0, coalesce(answered.sequence, 0), now
          FROM unnest(outcomes, sequences, p_scope, p_principal, p_request, p_digest, p_operation)
            AS answered(outcome, sequence, scope_id, principal, request_id, digest, operation)
         WHERE answered.outcome IN (0, 1) AND answered.request_id IS NOT NULL
        ON CONFLICT DO NOTHING;
      IF cardinality(scopes) > 0 THEN
        PERFORM mx_files_changed_1(scopes, heads);
      END IF;
      INSERT INTO mx_access_log (scope_id, at, operation, path, file_version, outcome, reason, actor, principal,
          dream_id, trace_id)
        SELECT decided.scope_id, now, decided.operation, decided.path, decided.version,
               CASE WHEN decided.outcome <= 2 THEN 1 ELSE 2 END,
               CASE decided.outcome WHEN 4 THEN decided.conflict ELSE p_reasons[1 + decided.outcome] END,
               decided.actor, decided.principal, decided.dream_id, decided.trace_id
          FROM unnest(outcomes, versions, p_scope, p_operation, p_path, p_conflict, p_actor, p_principal, p_dream,
                      p_trace)
            AS decided(outcome, version, scope_id, operation, path, conflict, actor, principal, dream_id,
                      trace_id)
         WHERE decided.outcome <= 8   -- an erased scope takes no row
           AND (decided.outcome <> 4 OR decided.conflict <> 0);
      EXIT WHEN item.scope_id IS NULL;
      -- `asked` is kept: item.known of the items that follow is from before all items.
      outcomes := undecided;
      scopes := '{}';
      SELECT * INTO known
        FROM mx_request
        WHERE scope_id = item.scope_id AND principal = item.principal AND request_id = item.request_id;
    END IF;

    -- 3. Decide. First the next scope, where one begins.
    IF current_scope IS DISTINCT FROM item.scope_id THEN
      scope := item.scope;
      current_scope := item.scope_id;
      sequence_before := scope.sequence;
      asked := '{}';
      IF workspace IS DISTINCT FROM scope.workspace_id THEN
        workspace := scope.workspace_id;
        max_files := mx_limit_1(workspace, 'max_files');
        max_scope_bytes := mx_limit_1(workspace, 'max_scope_bytes');
        max_text_bytes := mx_limit_1(workspace, 'max_text_bytes');
      END IF;
      scope.feed_xid := greatest(scope.feed_xid, pg_current_xact_id());
    END IF;

    number := item.number;
    outcome := NULL;
    changed := false;
    version := NULL;
    sequence := NULL;
    size := NULL;
    sha256 := NULL;
    at := NULL;
    actor := NULL;
    quota := NULL;
    IF scope.scope_id IS NULL THEN
      outcome := 9;
      RETURN NEXT;
      CONTINUE;
    END IF;

    slot := heads_before + array_position(head_paths, item.path);
    IF slot IS NULL THEN
      file := item.head;
    ELSE
      file := heads[slot];
    END IF;
    live := CASE WHEN file.deleted THEN 0 ELSE coalesce(file.version, 0) END;
    old_size := CASE WHEN live = 0 THEN 0 ELSE file.size END;
    new_size := coalesce(item.size, 0);

    IF scope.erasing THEN
      outcome := 10;
    ELSIF known.digest <> item.digest THEN
      outcome := 3;
    ELSIF known.digest = item.digest THEN outcome := 2;   -- guard: request
    ELSIF item.expected <> live THEN outcome := 4;   -- guard: version
    ELSIF new_size > greatest(max_text_bytes, old_size) THEN
      outcome := 7;
      quota := max_text_bytes;
    ELSIF live > 0 AND item.size IS NOT NULL AND file.sha256 = item.sha THEN
      outcome := 1;
    ELSIF live = 0 AND item.size IS NULL THEN
      outcome := CASE WHEN item.operation = 12 THEN 8 ELSE 1 END;
    ELSIF live = 0 AND scope.files >= max_files THEN
      outcome := 5;
      quota := max_files;
    ELSIF new_size > old_size AND scope.bytes - old_size + new_size > max_scope_bytes THEN
      outcome := 6;
      quota := max_scope_bytes;
    ELSE
      outcome := 0;
    END IF;

    IF outcome = 0 THEN
      scope.sequence := scope.sequence + 1;
      scope.files := scope.files + CASE WHEN live = 0 THEN 1 WHEN item.size IS NULL THEN -1 ELSE 0 END;
      scope.bytes := scope.bytes + new_size - old_size;
      IF item.moves THEN
        scope.moved_sequence := scope.sequence;
      END IF;
      IF item.qualifies THEN
        scope.new_changes := scope.new_changes + 1;
        scope.qualifying_sequence := scope.sequence;
        scope.qualifying_at := now;
      END IF;
      changed := true;
      version := coalesce(file.version, 0) + 1;
      sequence := scope.sequence;
      size := new_size;
      sha256 := item.sha;
      at := now;
      actor := item.actor;
      file := ROW (
        item.scope_id, item.path,
        CASE WHEN live = 0 THEN item.file_id ELSE file.file_id END,   -- a path that comes again is another file
        version, new_size, item.sha, item.size IS NULL, coalesce(file.created_at, now), now, item.actor);
      IF slot IS NULL THEN
        head_paths := head_paths || item.path;
        heads := heads || file;
        head_sequences := head_sequences || sequence;
      ELSE
        heads[slot] := file;
        head_sequences[slot] := sequence;
      END IF;
    ELSIF outcome = 2 THEN
      SELECT earlier.version, earlier.sequence, earlier.size, earlier.sha256, earlier.at, earlier.actor
        INTO version, sequence, size, sha256, at, actor
        FROM mx_revision AS earlier
        WHERE earlier.scope_id = item.scope_id AND earlier.sequence = known.sequence;
      changed := known.changed;
    ELSE
      version := live;
      size := file.size;
      sha256 := file.sha256;
      at := file.updated_at;
      actor := file.updated_by;
      IF outcome = 1 AND slot IS NOT NULL THEN
        sequence := head_sequences[slot];
      ELSIF outcome = 1 THEN
        SELECT latest.sequence
          INTO sequence
          FROM mx_revision AS latest
          WHERE latest.scope_id = item.scope_id AND latest.file_id = file.file_id AND latest.version = file.version;
      END IF;
    END IF;

    outcomes[number] := outcome;
    versions[number] := coalesce(version, 0);
    sequences[number] := sequence;
    file_ids[number] := file.file_id;
    feeds[number] := scope.feed_xid;
    IF item.request_id IS NOT NULL THEN
      asked := asked || item.request_id;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION mx_commit_1 IS
  'Writes and deletes texts of files, with their revisions, requests, counters and log rows: the one write path.';
