-- The one place that knows that files of scopes changed: mx_commit_1, mx_move_1 and mx_import_1 call it, once for all
-- that they changed. Stores the counters of the scopes, and arms each whose new changes have reached
-- `dream_min_changes`. Ends the proposals of these scopes that touch or cite one of the files: a scope without a
-- waiting proposal costs nothing.
-- p_scopes: the scopes with their counters after the changes; the caller holds their locks, and counts each change.
-- p_files: the files that changed, as they are now. One may be told again, in the same transaction. Runs with its
-- caller's rights: who may not change a scope, cannot do so here.
CREATE FUNCTION mx_files_changed_1(p_scopes mx_scope[], p_files mx_file[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  changed record;
  min_changes integer;
  stale uuid;
BEGIN
  FOR changed IN
    UPDATE mx_scope AS stored
      SET sequence = counted.sequence, moved_sequence = counted.moved_sequence, new_changes = counted.new_changes,
          feed_xid = counted.feed_xid, qualifying_sequence = counted.qualifying_sequence,
          qualifying_at = counted.qualifying_at, files = counted.files, bytes = counted.bytes
      FROM unnest(p_scopes) AS counted
      JOIN mx_scope AS earlier ON earlier.scope_id = counted.scope_id
      WHERE stored.scope_id = counted.scope_id
      RETURNING stored.scope_id, stored.workspace_id, stored.new_changes, stored.proposals,
        earlier.new_changes AS new_changes_before
  LOOP
    IF changed.proposals > 0 THEN
      FOR stale IN
        SELECT DISTINCT proposed.dream_id
          FROM unnest(p_files) AS file
          JOIN mx_proposal_file AS proposed ON proposed.scope_id = file.scope_id AND proposed.path = file.path
          WHERE file.scope_id = changed.scope_id
      LOOP
        PERFORM mx_end_proposal_1(
          changed.scope_id, stale, 'stale', 'a file that it touches or cites was changed', '', '');
      END LOOP;
    END IF;
    CONTINUE WHEN changed.new_changes <= changed.new_changes_before;
    min_changes := mx_setting_1(changed.workspace_id, 'dream_min_changes')::integer;
    IF changed.new_changes_before < min_changes AND changed.new_changes >= min_changes THEN
      PERFORM mx_rearm_1(changed.scope_id);
    END IF;
  END LOOP;
END $$;
COMMENT ON FUNCTION mx_files_changed_1(mx_scope[], mx_file[]) IS
  'Stores what changes of files did to their scopes, and arms the scopes: the one place that knows of such changes.';
