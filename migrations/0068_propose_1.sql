-- Lets a dream that has just become `proposed` wait for a person: notes the files that it touches or cites, so that a
-- change of one of them ends it. The caller holds the scope's lock.
CREATE FUNCTION mx_propose_1(p_scope bigint, p_dream uuid, p_paths text[], p_versions bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO mx_proposal_file (scope_id, path, dream_id, version)
    SELECT p_scope, file.path, p_dream, file.version FROM unnest(p_paths, p_versions) AS file(path, version);
  UPDATE mx_scope SET proposals = proposals + 1 WHERE scope_id = p_scope;
END $$;
COMMENT ON FUNCTION mx_propose_1(bigint, uuid, text[], bigint[]) IS
  'Lets a proposal wait for a person, with the files whose change ends it.';
